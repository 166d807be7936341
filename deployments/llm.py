"""The LLM deployment: one local chat model, one engine a replica."""

from __future__ import annotations

import os
from pathlib import Path

from ray import get_runtime_context, serve

from deployments.chat_replica import ChatReplica
from deployments.door import Door
from deployments.door_guests import QUEUED, DoorGuests
from deployments.home import Home
from deployments.replica_environment import enter_replica
from models.catalog import ModelCard
from models.local.transformers_engine import TransformersEngine
from models.local.transformers_settings import TransformersSettings
from models.local.vllm_engine import VllmEngine
from models.local.vllm_settings import VllmSettings
from models.weights import check_digest, weights_folder


def _engine(
    card: ModelCard, folder: Path, adapters: tuple[ModelCard, ...]
) -> VllmEngine | TransformersEngine:
    """The engine that the card's dialect names."""
    if card.dialect == "transformers":
        settings = TransformersSettings.model_validate(card.engine)
        return TransformersEngine(card.id, folder, settings)
    folders = {adapter.id: weights_folder(adapter) for adapter in adapters}
    for adapter in adapters:
        check_digest(adapter, folders[adapter.id])
    return VllmEngine(card.id, folder, VllmSettings.model_validate(card.engine), folders)


@serve.deployment
class LLM(ChatReplica):
    """Answers chat requests; ready only after its engine has made a token."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, card: ModelCard, adapters: tuple[ModelCard, ...] = ()
    ) -> None:
        entered = enter_replica(card.id)
        folder = weights_folder(card)
        digest = check_digest(card, folder)
        self._made = _engine(card, folder, adapters)
        await self._begin(card.id, self._made, digest, card.num_gpus, entered)
        await self._open(card)

    async def _open(self, card: ModelCard) -> None:
        home = os.environ.get("PODIUM_HOME")
        if home is None:
            return
        most = serve.get_replica_context()._deployment_config.max_ongoing_requests
        guests = DoorGuests(self, most)
        self._door = Door(f"'{card.id}'", guests, DoorGuests.METHODS, most + QUEUED)
        node = get_runtime_context().get_node_id()
        self._place = await self._door.open_on(node, Home(Path(home)).run, "llm")

    async def check_health(self) -> None:
        """Called by Serve; an error replaces this replica."""
        await self._made.check_health()

    async def __del__(self) -> None:
        """Serve calls this before it ends the replica: whoever came in by the door is answered."""
        door = getattr(self, "_door", None)
        if door is not None:
            await door.close()
        engine = getattr(self, "_made", None)
        if engine is not None:
            engine.close()
