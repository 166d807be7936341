"""A whole gateway with one model outside: the real gate and adapter, in front of the stub."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

from deployments.egress_chat import EgressModel
from deployments.gateway_state import GatewayState
from deployments.model_status import ModelStatus
from models.catalog import Catalog, ModelCard
from models.collect import collect
from models.deadline import Deadline
from models.errors import LedgerUnavailable
from models.images import Images
from models.messages import ChatDelta, Completion
from models.remote.gate_stats import GateStats
from models.remote.guarded import guarded, guarded_once, size_of
from models.remote.image_registry import RemoteImages, connect_images
from models.remote.registry import RemoteChat, connect
from models.remote.traffic import Traffic
from models.resilience_breaker import BreakerRules
from router.detect.scan import scan
from router.gate.departure import Departures, GateRules, Look, Outgoing
from router.gate.doorbell import Doorbells
from router.gate.known_values import KnownValues
from router.gate.token import gate_keys
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.policy import Policy
from router.policy_file import default_policy
from tests.remote_cards import claude_card, gemini_card, images_card, remote_card
from tests.wire.local_remote import LocalRemote
from tests.wire.stage import CARDS, PEPPER, Stage

PROVIDER_KEY = "sk-canary-of-the-gate-0001"

# No test is to depend on how long its own requests take.
OPEN_FOR_LONG = BreakerRules(open_s=600.0, longest_s=600.0)


@dataclass
class KeptRecords:
    """A ledger in memory, whose disk may fail."""

    records: list[Record] = field(default_factory=list)
    failed: bool = False

    def fail(self) -> None:
        self.failed = True

    def heal(self) -> None:
        self.failed = False
        self.records.clear()

    async def append(self, record: Record, *, durable: bool) -> Receipt:
        if self.failed:
            raise LedgerUnavailable("The disk is full.")
        self.records.append(record)
        return Receipt(record.id, len(self.records), "0" * 64)


@dataclass
class EgressService:
    """What the Egress deployment does, and every request it was handed."""

    departures: Departures
    traffic: Traffic
    handed: list[Outgoing] = field(default_factory=list)
    bells: Doorbells = field(default_factory=Doorbells)

    async def complete(self, outgoing: Outgoing, seconds: float) -> Completion:
        return await collect(outgoing.model, self.stream(outgoing, seconds))

    async def stream(self, outgoing: Outgoing, seconds: float) -> AsyncGenerator[ChatDelta, None]:
        self.handed.append(outgoing)
        leaving = self.departures.stream(outgoing, Deadline.after(seconds))
        size = size_of(outgoing.payload)
        stream: Any = guarded(self.traffic, outgoing.model, size, leaving)
        async with aclosing(stream) as deltas:
            async for delta in deltas:
                yield delta

    async def pictures(self, outgoing: Outgoing, seconds: float, webhook: str = "") -> Images:
        self.handed.append(outgoing)
        deadline = Deadline.after(seconds)
        size = size_of(outgoing.payload)
        with self.bells.hung(webhook or outgoing.token) as bell:
            return await guarded_once(
                self.traffic,
                outgoing.model,
                size,
                lambda: self.departures.pictures(outgoing, deadline, bell),
            )

    async def ring(self, name: str) -> bool:
        return self.bells.ring(name)

    async def stats(self, model: str) -> GateStats:
        return GateStats(held=self.traffic.held(model))

    async def describe(self, model: str) -> dict[str, object]:
        return {"window": None, "digest": None}


@dataclass
class GatedStage(Stage):
    """A stage whose gateway reaches models outside at `base_url`, through the gate alone.

    They are `chatgpt`, `claude` and `gemini`, `openai-images`, which makes pictures, and what is
    `extra`.
    """

    base_url: str = ""
    price: dict[str, float] | None = None
    extra: tuple[ModelCard, ...] = ()
    policy: Policy = field(default_factory=default_policy)
    look: Look | None = None
    egress: EgressService = field(init=False)
    adapters: dict[str, RemoteChat] = field(init=False)
    painters: dict[str, RemoteImages] = field(init=False)
    ledger: KeptRecords = field(default_factory=KeptRecords)

    async def close(self) -> None:
        await super().close()
        for adapter in (*self.adapters.values(), *self.painters.values()):
            await adapter.close()

    def _gateway(self) -> GatewayState:
        made = super()._gateway()
        root = self.base_url.removesuffix("/v1")
        seeing = ["chat", "tools", "json_schema", "images"]
        cards = {
            card.id: card
            for card in (
                remote_card(self.base_url, price=self.price, capabilities=seeing),
                claude_card(root, capabilities=seeing),
                gemini_card(root, capabilities=seeing),
                images_card(self.base_url, price=self.price),
                *self.extra,
            )
        }
        rules = GateRules(
            gate_keys(PEPPER), self.policy, cards, (KnownValues([PROVIDER_KEY]), scan)
        )
        self.adapters = {
            name: connect(card, PROVIDER_KEY) for name, card in cards.items() if card.kind == "chat"
        }
        self.painters = {
            name: connect_images(card, PROVIDER_KEY)
            for name, card in cards.items()
            if card.kind == "image"
        }
        departures = Departures(
            rules, self.adapters, self.ledger, images=self.painters, look=self.look
        )
        self.egress = EgressService(departures, Traffic(cards.values(), OPEN_FOR_LONG))
        gate = LocalRemote("egress", self.egress)
        models = {**made.models, **{name: EgressModel(gate, name) for name in cards}}
        return replace(
            made,
            catalog=Catalog([*CARDS, *cards.values()]),
            models=models,
            status=ModelStatus(models),
            policy=self.policy,
            # A state seals what it is given; it must not be given what is sealed already.
            retriever=self.remotes["retriever"],
        )
