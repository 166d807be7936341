"""The ports: what a model of each kind must do to be served, routed to and tested alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from models.deadline import Deadline
from models.embeddings import EmbedderIdentity, EmbeddingRequest, Embeddings
from models.images import ImageJob, ImageRequest, Images
from models.live import HeardClip, Listened, Piece, SpokenClip
from models.messages import (
    ChatDelta,
    ChatRequest,
    Completion,
    Segment,
    Transcript,
    TranscriptionRequest,
)


class ChatModel(Protocol):
    """Answers chat requests.

    Both raise PodiumError only. Closing the stream, or cancelling the task that awaits
    `complete`, stops the engine's work within a second.
    """

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer."""

    def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes, usage on the last delta."""


class TokenCounter(Protocol):
    """Says what a request comes to before it is answered; raises PodiumError only."""

    async def count(self, request: ChatRequest, deadline: Deadline) -> int:
        """The tokens of the prompt."""


class Transcriber(Protocol):
    """Writes down speech; raises InvalidAudio for what is no audio."""

    async def transcribe(self, request: TranscriptionRequest, deadline: Deadline) -> Transcript:
        """The transcript; empty when nobody speaks."""

    def stream(
        self, request: TranscriptionRequest, deadline: Deadline
    ) -> AsyncIterator[Segment | Transcript]:
        """Each segment as soon as it is written, and at the end the whole transcript."""


class LiveTranscriber(Protocol):
    """Hears live lines; keeps nothing of a line between calls, so any replica may take any call.

    Both raise PodiumError only, and asking the same again gives the same.
    """

    async def listen(self, piece: Piece, deadline: Deadline) -> Listened:
        """The next piece of a line, ready to be heard, and where somebody speaks in it."""

    async def hear(self, clip: SpokenClip, deadline: Deadline) -> HeardClip:
        """What is said in a clip; cancelling takes it out of the queue."""


class Embedder(Protocol):
    """Turns texts into vectors of one fixed identity."""

    def identity(self) -> EmbedderIdentity:
        """What the vectors are comparable with."""

    async def embed(self, request: EmbeddingRequest, deadline: Deadline) -> Embeddings:
        """One vector a text, in order."""


class ImageJobs(Protocol):
    """Knows the jobs it was given; raises PodiumError only."""

    async def poll(self, job: ImageJob, deadline: Deadline) -> ImageJob:
        """The job as it stands now; one that has ended is not asked about."""

    async def fetch(self, job: ImageJob, deadline: Deadline) -> Images:
        """What a job that is done has made, every picture checked to be one."""


class ImageModel(ImageJobs, Protocol):
    """Makes pictures: submit, poll until the job has ended, fetch."""

    async def submit(self, request: ImageRequest, deadline: Deadline) -> ImageJob:
        """The job; a model that works at once gives one that is done."""
