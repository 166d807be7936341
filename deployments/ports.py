"""The ports of models and retrieval, met by other deployments over their handles."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

from deployments.remote import Remote
from models.deadline import Deadline
from models.embeddings import EmbedderIdentity, EmbeddingRequest, Embeddings
from models.live import HeardClip, Listened, LiveTraits, Piece, SpokenClip
from models.messages import (
    ChatDelta,
    ChatRequest,
    Completion,
    Segment,
    Transcript,
    TranscriptionRequest,
)
from retrieval.documents import Hit
from retrieval.ports import QueryRequest, QueryResult, SearchRequest


class RemoteChatModel:
    """A ChatModel in another process."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer."""
        answer = await self._remote.call(
            "complete", request, deadline.remaining(), deadline=deadline
        )
        return cast(Completion, answer)

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes; closing it stops the engine."""
        items = self._remote.stream("stream", request, deadline.remaining(), deadline=deadline)
        async with aclosing(items):
            async for item in items:
                yield item


class RemoteTokenCounter:
    """A TokenCounter in another process."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def count(self, request: ChatRequest, deadline: Deadline) -> int:
        """The tokens of the prompt."""
        counted = await self._remote.call("count", request, deadline.remaining(), deadline=deadline)
        return cast(int, counted)


class RemoteTranscriber:
    """A Transcriber in another process."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def transcribe(self, request: TranscriptionRequest, deadline: Deadline) -> Transcript:
        """The transcript."""
        answer = await self._remote.call(
            "transcribe", request, deadline.remaining(), deadline=deadline
        )
        return cast(Transcript, answer)

    async def stream(
        self, request: TranscriptionRequest, deadline: Deadline
    ) -> AsyncGenerator[Segment | Transcript, None]:
        """Segments as they are written, then the transcript; closing it stops the engine."""
        pieces = self._remote.stream("stream", request, deadline.remaining(), deadline=deadline)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece


class RemoteLiveTranscriber:
    """A LiveTranscriber in other processes, whichever of them is free."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def traits(self, deadline: Deadline) -> LiveTraits:
        """How the model wants to hear a line."""
        return cast(LiveTraits, await self._remote.call("traits", deadline=deadline))

    async def listen(self, piece: Piece, deadline: Deadline) -> Listened:
        """The next piece of a line, ready to be heard."""
        answer = await self._remote.call("listen", piece, deadline.remaining(), deadline=deadline)
        return cast(Listened, answer)

    async def hear(self, clip: SpokenClip, deadline: Deadline) -> HeardClip:
        """What is said in a clip."""
        answer = await self._remote.call("hear", clip, deadline.remaining(), deadline=deadline)
        return cast(HeardClip, answer)


class RemoteEmbedder:
    """An Embedder in another process; its identity is asked once and kept."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        self._identity: EmbedderIdentity | None = None

    async def connect(self, deadline: Deadline) -> None:
        """Learn the identity; must be done before `identity` is asked."""
        self._identity = cast(
            EmbedderIdentity, await self._remote.call("identity", deadline=deadline)
        )

    def identity(self) -> EmbedderIdentity:
        """What the vectors are comparable with."""
        if self._identity is None:
            raise RuntimeError("connect() comes before identity()")
        return self._identity

    async def embed(self, request: EmbeddingRequest, deadline: Deadline) -> Embeddings:
        """One vector a text, in order."""
        answer = await self._remote.call("embed", request, deadline.remaining(), deadline=deadline)
        return cast(Embeddings, answer)


class RemoteSearcher:
    """A Searcher in another process."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def search(self, request: SearchRequest, deadline: Deadline) -> tuple[Hit, ...]:
        """The best hits the request's access filter lets through, here as well as there."""
        answer = await self._remote.call("search", request, deadline.remaining(), deadline=deadline)
        hits = cast(tuple[Hit, ...], answer)
        return tuple(hit for hit in hits if request.access.allows(hit.label))

    async def labels(self, request: SearchRequest, deadline: Deadline) -> frozenset[str]:
        """The labels in the collection that the request's access filter lets through."""
        answer = await self._remote.call("labels", request, deadline.remaining(), deadline=deadline)
        labels = cast(frozenset[str], answer)
        return frozenset(label for label in labels if request.access.allows(label))


class RemoteSource:
    """A structured source in another process."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def query(self, request: QueryRequest, deadline: Deadline) -> QueryResult:
        """The rows of one named query."""
        answer = await self._remote.call("query", request, deadline.remaining(), deadline=deadline)
        return cast(QueryResult, answer)
