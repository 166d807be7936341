"""The Speech deployment: one local Whisper model a replica."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from ray import serve

from deployments.autoscaling import load_figures
from deployments.replica_environment import enter_replica
from models.catalog import ModelCard
from models.deadline import Deadline
from models.live import HeardClip, Listened, LiveTraits, Piece, SpokenClip
from models.local.engine_clock import EngineClock
from models.local.whisper import WhisperEngine, WhisperStats
from models.local.whisper_settings import WhisperSettings
from models.messages import Segment, Transcript, TranscriptionRequest
from models.weights import check_digest, weights_folder


@serve.deployment
class Speech:
    """Writes speech down."""

    def __init__(self, card: ModelCard) -> None:
        entered = enter_replica(card.id)
        folder = weights_folder(card)
        self._digest = check_digest(card, folder)
        self._engine = WhisperEngine(card.id, folder, WhisperSettings(**card.engine))
        self._clock, self._accelerators = EngineClock(), max(1.0, card.num_gpus)
        self._start_s = time.monotonic() - entered

    async def transcribe(self, request: TranscriptionRequest, seconds: float) -> Transcript:
        """The transcript, within `seconds`."""
        mark = self._clock.begin()
        try:
            done = await self._engine.transcribe(request, Deadline.after(seconds))
            return self._timed(done, mark)
        finally:
            self._clock.end(mark)

    async def stream(
        self, request: TranscriptionRequest, seconds: float
    ) -> AsyncGenerator[Segment | Transcript, None]:
        """Segments as they are written, then the transcript, within `seconds`."""
        pieces = self._engine.stream(request, Deadline.after(seconds))
        mark = self._clock.begin()
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    yield self._timed(piece, mark) if isinstance(piece, Transcript) else piece
        finally:
            self._clock.end(mark)

    def _timed(self, done: Transcript, mark: float) -> Transcript:
        """The transcript with the seconds that this engine's accelerators worked for it."""
        return replace(done, engine_seconds=self._clock.seconds(mark) * self._accelerators)

    async def listen(self, piece: Piece, seconds: float) -> Listened:
        """A piece of a live line, within `seconds`."""
        return await self._engine.live.listen(piece, Deadline.after(seconds))

    async def hear(self, clip: SpokenClip, seconds: float) -> HeardClip:
        """What is said in a live clip, within `seconds`."""
        self._engine.check_language(clip.language)
        mark = self._clock.begin()
        try:
            heard = await self._engine.live.hear(clip, Deadline.after(seconds))
            worked = self._clock.seconds(mark) * self._accelerators
            return replace(heard, engine_seconds=worked)
        finally:
            self._clock.end(mark)

    async def traits(self) -> LiveTraits:
        """How the model wants to hear a live line."""
        return self._engine.traits()

    async def stats(self) -> WhisperStats:
        """Transcriptions running and waiting."""
        return self._engine.stats()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What Serve's controller is told, for the policy of `deployments.autoscaling`."""
        return load_figures(await self.stats())

    async def describe(self) -> dict[str, object]:
        """The digest of the weights, and how long this replica's start took."""
        return {"window": None, "digest": self._digest, "start_s": self._start_s}
