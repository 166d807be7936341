"""The Egress deployment: the only process with providers' keys, and the only one that goes out."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ray import get_runtime_context, serve

from deployments.door import Door, Place
from deployments.egress_keys import read_keys
from deployments.gate_ledger import gate_ledger
from deployments.handles import ServeRemote
from deployments.home import Home
from deployments.policy_in_force import policy_place
from deployments.policy_keeper import PolicyKeeper
from deployments.replica_environment import enter_replica
from deployments.settings import Settings
from models.catalog import Catalog, ModelCard
from models.collect import collect
from models.deadline import Deadline
from models.errors import ModelUnavailable
from models.images import Images
from models.messages import ChatDelta, Completion
from models.remote.gate_stats import GateStats
from models.remote.guarded import guarded, guarded_once, size_of
from models.remote.image_registry import connect_images
from models.remote.registry import connect
from models.remote.traffic import Traffic
from router.detect.scan import scan
from router.gate.departure import Departures, GateRules, Outgoing
from router.gate.doorbell import Doorbells
from router.gate.known_values import KnownValues
from router.gate.token import gate_keys
from router.policy import Policy

_SWITCH_S = 0.001
# The methods that gateways of this node call through the door.
_AT_THE_DOOR = ("complete", "stream", "pictures", "ring", "stats", "describe")
MOST_AT_ONCE = 512
log = logging.getLogger("podium.egress")


@serve.deployment
class Egress:
    """The gate and the adapters behind it; one replica, for spent tokens are remembered in it."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self,
        settings: Settings,
        home: str,
        catalog: Catalog,
        cards: Sequence[ModelCard],
        state: Any,
    ) -> None:
        enter_replica("egress")
        opened = Home(Path(home))
        keys = read_keys(opened) if settings.remote == "on" else {}
        chats = {
            card.id: connect(card, keys.get(card.key_env or ""))
            for card in cards
            if card.kind == "chat"
        }
        images = {
            card.id: connect_images(card, keys.get(card.key_env or ""))
            for card in cards
            if card.kind == "image"
        }
        self._running = dict.fromkeys((*chats, *images), 0)
        self._traffic = Traffic(cards)
        self._bells = Doorbells()
        # The gate takes a policy by the same checks as the gateway, or it might take another.
        served = [*(catalog.card(name) for name in settings.models), *cards]
        keeper = PolicyKeeper(policy_place(settings, opened), served, catalog)
        rules = GateRules(
            keys=gate_keys(opened.pepper()),
            policy=keeper.policy,
            cards={card.id: card for card in cards},
            scans=(KnownValues(keys.values()), scan),
        )
        # The thread that writes the ledger gets its turn sooner than after the usual 5 ms.
        sys.setswitchinterval(_SWITCH_S)
        node = get_runtime_context().get_node_id()
        self._ledger = ledger = await gate_ledger(ServeRemote(state, "state"), opened, node)

        async def look(digest: str) -> Policy:
            return await asyncio.to_thread(keeper.look_for, digest)

        self._departures = Departures(rules, chats, ledger, look=look, images=images)
        self._watching = asyncio.create_task(keeper.watch(self._swap_policy))
        self._door = Door("The gate", self, _AT_THE_DOOR, MOST_AT_ONCE)
        self._place = await self._door.open_on(node, opened.run, "gate")

    async def __del__(self) -> None:
        """Serve calls this before it ends the replica: what was sent is still told to State."""
        door = getattr(self, "_door", None)
        if door is not None:
            await door.close()
        ledger = getattr(self, "_ledger", None)
        if ledger is not None:
            await ledger.close()

    async def door(self) -> Place | None:
        """Where the door is, None when there is none."""
        return self._place

    async def complete(self, outgoing: Outgoing, seconds: float) -> Completion:
        """The whole answer, within `seconds`."""
        return await collect(outgoing.model, self.stream(outgoing, seconds))

    async def stream(self, outgoing: Outgoing, seconds: float) -> AsyncIterator[ChatDelta]:
        """The answer as the provider gives it."""
        stream: Any = self._guarded(outgoing, Deadline.after(seconds))
        self._count(outgoing.model, 1)
        try:
            async with aclosing(stream) as deltas:
                async for delta in deltas:
                    yield delta
        finally:
            self._count(outgoing.model, -1)

    def _guarded(self, outgoing: Outgoing, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        leaving = self._departures.stream(outgoing, deadline)
        if outgoing.model not in self._running:
            return leaving
        return guarded(self._traffic, outgoing.model, size_of(outgoing.payload), leaving)

    async def pictures(self, outgoing: Outgoing, seconds: float, webhook: str = "") -> Images:
        """What the provider made, within `seconds`; it may ring at the name `webhook`."""
        deadline = Deadline.after(seconds)
        if outgoing.model not in self._running:
            return await self._departures.pictures(outgoing, deadline)
        with self._bells.hung(webhook or outgoing.token) as bell:
            return await self._pictures(outgoing, deadline, bell)

    async def ring(self, name: str) -> bool:
        """Whether a job waits under that name; it is asked about at once then."""
        return self._bells.ring(name)

    async def _pictures(
        self, outgoing: Outgoing, deadline: Deadline, bell: asyncio.Event
    ) -> Images:
        self._count(outgoing.model, 1)
        try:
            return await guarded_once(
                self._traffic,
                outgoing.model,
                size_of(outgoing.payload),
                lambda: self._departures.pictures(outgoing, deadline, bell),
            )
        finally:
            self._count(outgoing.model, -1)

    async def stats(self, model: str) -> GateStats:
        """How many answers of a model are open; raises ModelUnavailable for one not enabled."""
        if model not in self._running:
            raise ModelUnavailable(f"'{model}' is not enabled at the gate.")
        return GateStats(running=self._running[model], held=self._traffic.held(model))

    async def describe(self, model: str) -> dict[str, object]:
        """A model outside shows neither its window nor its weights."""
        return {"window": None, "digest": None}

    async def _swap_policy(self, policy: Policy) -> None:
        self._departures.swap_policy(policy)

    def _count(self, model: str, change: int) -> None:
        if model in self._running:
            self._running[model] += change
