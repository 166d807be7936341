"""What every request of one gateway replica shares."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Request

from deployments.accounting import DIRECT, Accounting, Purpose
from deployments.acts import GatewayActs, tool_cards
from deployments.charged_chat import ChargedChat
from deployments.charged_speech import ChargedTranscriber
from deployments.egress_chat import chat_port
from deployments.egress_images import image_port
from deployments.hedged_chat import HedgedChat, Hedging
from deployments.keyring import Keyring
from deployments.ledger_remote import RemoteLedger
from deployments.meter import Meter
from deployments.model_status import ModelStatus
from deployments.outbox import Outbox
from deployments.policy_keeper import PolicyKeeper
from deployments.ports import RemoteSearcher, RemoteSource, RemoteTokenCounter, RemoteTranscriber
from deployments.remote import Remote
from deployments.sealed_retrieval import SealedRemote
from deployments.settings import Settings
from deployments.wire.limits import Limits
from models.catalog import Catalog, ModelCard
from models.deadline import Deadline
from models.errors import ModelNotFound, PodiumError
from models.ports import ChatModel, ImageModel, TokenCounter
from router.detect.scanner import Scanner
from router.gate.doorbell import bell_key, new_name
from router.gate.sealer import Sealer
from router.gate.token import gate_keys
from router.keys import Principal
from router.label_seal import LabelSeals, seal_key
from router.ledger.acts import policy_applied
from router.ledger.record import Record
from router.policy import Policy

if TYPE_CHECKING:
    from deployments.pipelines import Pipelines

# Of direct requests, while the ledger can't be written.
MOST_DECISIONS = 10_000


@dataclass
class GatewayState:
    """Made once a replica; holds no request.

    `on_loopback` says that whatever takes connections in for it listens on loopback only. `policy`
    is replaced as a whole when its keeper finds another: take it once a request.
    """

    settings: Settings
    catalog: Catalog
    policy: Policy
    keyring: Keyring
    status: ModelStatus
    models: Mapping[str, Remote]
    retriever: Remote
    state: Remote
    salt: bytes
    on_loopback: bool = False
    keeper: PolicyKeeper | None = None
    scanner: Scanner = field(default_factory=Scanner)
    meter: Meter = field(default_factory=Meter)
    started: float = field(default_factory=time.time)
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("podium.gateway"))
    searcher: RemoteSearcher = field(init=False)
    source: RemoteSource = field(init=False)
    accounting: Accounting = field(init=False)
    acts: GatewayActs = field(init=False)
    bell: bytes = field(init=False, repr=False)
    decisions: Outbox[Record] = field(init=False)
    pipelines: Pipelines = field(init=False)
    _chat: dict[str, ChatModel] = field(init=False)
    _images: dict[str, ImageModel] = field(init=False)
    _hedging: dict[str, Hedging] = field(init=False)

    def __post_init__(self) -> None:
        from deployments.pipelines import Pipelines

        sealer = Sealer(gate_keys(self.salt))
        self.bell = bell_key(self.salt)
        self._chat = {
            name: chat_port(self.catalog.card(name), remote, sealer)
            for name, remote in self.models.items()
        }
        self._images = {
            name: image_port(self.catalog.card(name), remote, sealer, partial(new_name, self.bell))
            for name, remote in self.models.items()
        }
        self.retriever = SealedRemote(self.retriever, LabelSeals(seal_key(self.salt)))
        self._hedging = {name: Hedging() for name in self.models}
        self.searcher = RemoteSearcher(self.retriever)
        self.source = RemoteSource(self.retriever)
        self.accounting = Accounting(self.state, self.keyring.rates, self.limits.request_seconds)
        self.decisions = Outbox(self.state, "record_decisions", MOST_DECISIONS)
        self.acts = GatewayActs(tool_cards(self.settings), self.retriever, self.state)
        self.pipelines = Pipelines(self)

    @property
    def limits(self) -> Limits:
        """The limits on every input."""
        return self.settings.gateway.limits

    def served_cards(self) -> Iterator[ModelCard]:
        """The cards of the models that run here."""
        return (self.catalog.card(name) for name in self.models)

    def served_card(self, name: str) -> ModelCard:
        """The card of a model that runs here; raises ModelNotFound."""
        if name in self.catalog:
            card = self.catalog.card(name)
            if card.id in self.models:
                return card
            raise ModelNotFound(
                f"'{card.id}' stands in the catalog and is not turned on here: {_turn_on(card)}."
                " GET /v1/models lists the models of this server.",
                param="model",
            )
        raise ModelNotFound(
            f"There is no model '{name}'. GET /v1/models lists the models of this server.",
            param="model",
        )

    def chat_model(self, name: str) -> ChatModel:
        """The port of a chat model that runs here, or that is reached through the gate."""
        return self._chat[name]

    def image_model(self, name: str) -> ImageModel:
        """The port of a model that makes pictures."""
        return self._images[name]

    def counter(self, name: str) -> TokenCounter:
        """What counts a local model's tokens."""
        return RemoteTokenCounter(self.models[name])

    def chat_for(self, who: Principal, name: str, purpose: Purpose = DIRECT) -> ChatModel:
        """The same port, every call of it charged to the key and counted among its costs."""
        port, card = self.chat_model(name), self.catalog.card(name)
        charged = ChargedChat(port, card, self.window(name), who, self.accounting, purpose)
        return HedgedChat(charged, self._hedging[name]) if card.hedge else charged

    def transcriber_for(
        self, who: Principal, name: str, purpose: Purpose = DIRECT
    ) -> ChargedTranscriber:
        """What writes speech down, every call of it counted among the costs of the key."""
        port = RemoteTranscriber(self.models[name])
        return ChargedTranscriber(port, self.catalog.card(name), who, self.accounting, purpose)

    def window(self, name: str) -> int | None:
        """The tokens that prompt and answer of a model may have together, None when not known."""
        load = self.status.loads().get(name)
        return (load.window if load else None) or self.catalog.card(name).window

    def is_ready(self, name: str) -> bool:
        """Whether the model answered when last asked, or is started for who asks."""
        load = self.status.loads().get(name)
        return load is not None and load.answers

    def available(self, name: str) -> bool | str:
        """Whether the model can be asked now; a text says why not."""
        load = self.status.loads().get(name)
        if load is None or not load.answers:
            return False
        held = load.held_now(time.monotonic())
        return True if held is None else f"is not asked: {held.detail}"

    def record_policy(self) -> None:
        """Have State write into the ledger which policy is in force here, as soon as it answers."""
        self.decisions.add(policy_applied(self.policy.digest, time.time()))

    async def swap_policy(self, policy: Policy) -> None:
        """Put another policy in force for every request that begins from now on."""
        record = policy_applied(policy.digest, time.time())
        try:
            await RemoteLedger(self.state).append(record, durable=True)
        except PodiumError as error:
            # A policy that holds more back must not wait for the ledger, which is told later.
            self.log.error("policy not recorded yet", extra={"code": error.code})
            self.decisions.add(record)
        self.policy = policy

    async def close(self, seconds: float) -> None:
        """Tell State everything that waits, as far as it answers within so many seconds."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.accounting.close(seconds))
            group.create_task(self.decisions.close(seconds))

    def deadline(self) -> Deadline:
        """When a request without a wish of its own is due."""
        return Deadline.after(self.limits.request_seconds)


async def gateway_state(request: Request) -> GatewayState:
    """The state of the replica that serves this request.

    A coroutine, for FastAPI calls a plain function on a thread: a third of a request's time.
    """
    state: Any = request.app.state.gateway
    assert isinstance(state, GatewayState)  # noqa: S101 - a wiring fault, not a user's
    return state


SharedState = Annotated[GatewayState, Depends(gateway_state)]


def _turn_on(card: ModelCard) -> str:
    """What an operator does about a row that is not served."""
    if card.is_local:
        return "its id must stand in `models:` of the settings"
    key = f" and {card.key_env} set" if card.key_env else ""
    return f"it is outside, and Podium must be started with `--remote on`{key}"
