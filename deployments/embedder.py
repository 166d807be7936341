"""The Embedder deployment: one local embedding model a replica, batched by tokens."""

from __future__ import annotations

from dataclasses import dataclass

from ray import serve

from deployments.replica_environment import enter_replica
from models.catalog import ModelCard
from models.deadline import Deadline
from models.embeddings import EmbedderIdentity, EmbeddingRequest, Embeddings
from models.local.embedder import SentenceTransformerEmbedder
from models.weights import check_digest, weights_folder


@dataclass(frozen=True, slots=True)
class EmbedderStats:
    """Requests being embedded or waiting for it."""

    running: int = 0
    waiting: int = 0


@serve.deployment
class Embedder:
    """Turns texts into vectors."""

    def __init__(self, card: ModelCard) -> None:
        enter_replica(card.id)
        folder = weights_folder(card)
        self._digest = check_digest(card, folder)
        self._engine = SentenceTransformerEmbedder(card.id, folder, **card.engine)
        self._running = 0

    async def embed(self, request: EmbeddingRequest, seconds: float) -> Embeddings:
        """One vector a text."""
        self._running += 1
        try:
            return await self._engine.embed(request, Deadline.after(seconds))
        finally:
            self._running -= 1

    async def identity(self) -> EmbedderIdentity:
        """What the vectors are comparable with."""
        return self._engine.identity()

    async def stats(self) -> EmbedderStats:
        """Requests under way."""
        return EmbedderStats(running=self._running)

    async def describe(self) -> dict[str, object]:
        """The model's window and the digest of its weights."""
        return {"window": self._engine.identity().max_tokens, "digest": self._digest}
