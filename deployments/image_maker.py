"""The ImageMaker deployment: one local diffusers pipeline a replica."""

from __future__ import annotations

import time

from ray import serve

from deployments.autoscaling import load_figures
from deployments.replica_environment import enter_replica
from models.catalog import ModelCard
from models.deadline import Deadline
from models.images import ImageRequest, Images
from models.local.diffusers_engine import DiffusersEngine
from models.local.diffusers_settings import DiffusersSettings
from models.local.engine_stats import EngineStats
from models.weights import check_digest, weights_folder


@serve.deployment
class ImageMaker:
    """Makes pictures."""

    def __init__(self, card: ModelCard) -> None:
        entered = enter_replica(card.id)
        folder = weights_folder(card)
        self._digest = check_digest(card, folder)
        self._engine = DiffusersEngine(card.id, folder, DiffusersSettings(**card.engine))
        self._start_s = time.monotonic() - entered

    async def make(self, request: ImageRequest, seconds: float) -> Images:
        """The pictures, within `seconds`."""
        deadline = Deadline.after(seconds)
        return await self._engine.fetch(await self._engine.submit(request, deadline), deadline)

    async def stats(self) -> EngineStats:
        """Requests running and waiting."""
        return self._engine.stats()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What Serve's controller is told, for the policy of `deployments.autoscaling`."""
        return load_figures(await self.stats())

    async def describe(self) -> dict[str, object]:
        """The digest of the weights, and how long this replica's start took."""
        return {"window": None, "digest": self._digest, "start_s": self._start_s}
