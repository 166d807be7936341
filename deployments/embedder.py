"""The Embedder deployment: one local embedding model a replica, batched by tokens."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ray import serve

from deployments.autoscaling import load_figures
from deployments.replica_environment import enter_replica
from models.catalog import ModelCard
from models.deadline import Deadline
from models.embeddings import EmbedderIdentity, EmbeddingRequest, Embeddings
from models.local.embedder import SentenceTransformerEmbedder
from models.local.embedder_settings import EmbedderSettings
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
        entered = enter_replica(card.id)
        folder = weights_folder(card)
        self._digest = check_digest(card, folder)
        settings = EmbedderSettings.model_validate(card.engine)
        self._engine = SentenceTransformerEmbedder(card.id, folder, **dict(settings))
        self._running = 0
        self._start_s = time.monotonic() - entered

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

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What Serve's controller is told, for the policy of `deployments.autoscaling`."""
        return load_figures(await self.stats())

    async def describe(self) -> dict[str, object]:
        """The model's window, the digest of its weights, and how long this replica's start took."""
        return {
            "window": self._engine.identity().max_tokens,
            "digest": self._digest,
            "start_s": self._start_s,
        }
