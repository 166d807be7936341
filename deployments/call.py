"""One call of one client: who, what label, which models may answer, and what it came to."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import HTTPConnection

from deployments.accounting import Charge
from deployments.egress_chat import Originating
from deployments.gateway_state import GatewayState
from deployments.wire.chat_body import RouteBody
from deployments.wire.chat_response import OpenAiDialect
from deployments.wire.dialect import Dialect
from deployments.wire.opened import Manners, OpenedStream
from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InvalidRequest, PolicyDenied
from models.messages import Origin, Usage
from models.ports import ChatModel
from models.tariff import dollars
from router.budget import Amount
from router.decide import Asked, RouteDecision
from router.declassify import Declassifier
from router.detect.scan import Scan
from router.keys import Principal
from router.label import Label, Level
from router.ledger.decisions import decision_record
from router.planner import asked_for, decide_model
from router.pseudonyms.chat import PseudonymousChat
from router.pseudonyms.run import Redacting
from router.steps.kind import RunRequest

_PERSONAL = frozenset({"pii"})
_NO_PSEUDONYMS = (
    "The call counts as personal data, and pseudonyms don't help: a picture that shows one can't be"
    " turned back. Where the prompt has such data, take it out."
)


class Call:
    """Made once a request, in microseconds; everything it decides is kept for the response.

    `seen` is what the detectors found in its texts, by source.
    """

    def __init__(
        self, state: GatewayState, principal: Principal, request: HTTPConnection, route: RouteBody
    ) -> None:
        self.state = state
        self.principal = principal
        # The policy it began under is the one it ends under, whatever is put in force meanwhile.
        self.policy = state.policy
        self.request_id = str(request.state.request_id)
        self.route = route
        self.started = time.monotonic()
        self.deadline = Deadline.after(_seconds(state, route))
        self.floor = _floor(principal, route)
        self.label = self.policy.source("user", principal.tenant).join(self.floor)
        self.seen: dict[str, Scan] = {}
        self.decision_id = request.state.decision_id = f"dec_{uuid.uuid4().hex}"

    @property
    def cache_salt(self) -> str:
        """Keeps one tenant's and one level's prefix cache from another's."""
        text = f"{self.principal.tenant}\0{self.label.level.name}".encode()
        return hmac.new(self.state.salt, text, hashlib.sha256).hexdigest()

    def chat_decision(self, name: str, *declassifiers: Declassifier) -> RouteDecision:
        """Which model will answer; `auto` and `auto:private` let the router pick.

        Nothing may be asked before it is `settled`.
        """
        asked = replace(asked_for(name, self.route.prefer), fallback=self._fallback())
        return self._decided(name, asked, declassifiers)

    def settled(self, decision: RouteDecision) -> RouteDecision:
        """The decision, on its way into the ledger; raises its refusal when nothing was chosen."""
        # A record waits for others before it is sent: it is made in the loop's next turn, when the
        # model has been asked.
        asyncio.get_running_loop().call_soon(self._record, decision, time.time())
        if decision.chosen is None:
            raise decision.refusal()
        return decision

    def _record(self, decision: RouteDecision, at: float) -> None:
        who = self.principal
        record = decision_record(decision, who.tenant, who.key_id, self.request_id, at)
        self.state.decisions.add(record)

    def may_ask(self, card: ModelCard) -> bool:
        """Whether a model may be asked now that another has failed, which one outside may tell."""
        told = self.label.join(self.policy.source("model_remote"))
        return self.policy.eligible(card, told, time.time()).ok

    def _fallback(self) -> tuple[str, ...]:
        """The models to try after the first, each one that the key may use."""
        cards = [self.state.served_card(name) for name in self.route.fallback]
        for card in cards:
            self.principal.require_model(card.id)
        return tuple(card.id for card in cards)

    def chat_model(self, name: str) -> ModelCard:
        """The card of the chat model that may see this call's data as it is."""
        return self._card(self.settled(self.chat_decision(name)))

    def model(self, name: str, kind: str) -> ModelCard:
        """The card of that name and kind, allowed to see this call's data."""
        asked = Asked(kind=kind, model=name, prefer=self.route.prefer)
        return self._card(self.settled(self._decided(name, asked)))

    def image_models(self, name: str) -> tuple[Sequence[ModelCard], Origin]:
        """Who will make pictures, the first and who may follow, and what the gate must know."""
        asked = replace(asked_for(name, self.route.prefer, "image"), fallback=self._fallback())
        try:
            decision = self.settled(self._decided(name, asked))
        except PolicyDenied as error:
            if not self.label.categories & _PERSONAL:
                raise
            raise PolicyDenied(f"{error.message} {_NO_PSEUDONYMS}", param="prompt") from error
        return [self.state.catalog.card(one) for one in decision.order], self._origin(decision)

    def raise_label(self, source: str) -> None:
        """Join in the label of another source, such as a caller's voice."""
        self.label = self.label.join(self.policy.source(source, self.principal.tenant))

    async def detect(self, texts: Mapping[str, Sequence[str]], *, spoken: bool = False) -> None:
        """Join in the label of each source there are texts of, and what detectors make of them."""
        for source, said in texts.items():
            seen = self.seen[source] = await self.state.scanner.scan(said, spoken=spoken)
            self.raise_label(source)
            self.label = self.label.join(self.policy.raises(source).label(seen))

    def chat(
        self, card: ModelCard, decision: RouteDecision, redacting: Redacting | None = None
    ) -> ChatModel:
        """The port of the chat model that was decided on, charged to the key."""
        model = self.state.chat_for(self.principal, card.id)
        if decision.declassified and redacting is not None:
            model = PseudonymousChat(model, redacting)
        return model if card.is_local else Originating(model, self._origin(decision))

    async def ready(self, name: str) -> None:
        """Have the key's budgets ready for a model by name, before the request is read.

        Raises what State raises when it can't be asked.
        """
        if name in self.state.models:
            await self.state.accounting.ready(self.principal, name)

    def charge(self, card: ModelCard, most: Amount) -> Charge:
        """This call's part of its key's limits, to be entered around the call."""
        return Charge(self.state.accounting, self.principal, card, most)

    def headers(self, model: str) -> dict[str, str]:
        """The response headers that say what answered."""
        return {"x-route-model": model, "x-route-decision": self.decision_id}

    def streamed(
        self,
        events: AsyncGenerator[bytes, None],
        headers: Callable[[], dict[str, str]] = dict,
        dialect: Dialect | None = None,
    ) -> OpenedStream:
        """The response of these events; an error before the first is a response of its own.

        `headers` is asked once the first event is there, or has taken long.
        """
        written = (dialect or OpenAiDialect()).error_event
        manners = Manners(self.request_id, self.state.settings.gateway.pings, written)
        return OpenedStream(events, headers, manners)

    def run_request(self, inputs: dict[str, Any]) -> RunRequest:
        """This call as a pipeline takes it."""
        return RunRequest(
            inputs=inputs,
            tenant=self.principal.tenant,
            request_id=self.request_id,
            floor=self.floor,
            cache_salt=self.cache_salt,
            longest_audio=self.state.limits.audio_seconds,
            key_id=self.principal.key_id,
        )

    def finished(
        self, card: ModelCard, usage: Usage, redactions: Sequence[dict[str, Any]] = ()
    ) -> dict[str, Any]:
        """The `route` object of a call that one model answered."""
        self.state.meter.tokens(card.id, usage)
        return {
            "decision_id": self.decision_id,
            "model": card.id,
            "site": card.site,
            "prompt_version": None,
            "sources": [],
            "steps": [],
            "cost_usd": dollars(card.tariff.nano(usage)),
            "label": self.label.public(),
            "redactions": list(redactions),
        }

    def _card(self, decision: RouteDecision) -> ModelCard:
        return self.state.catalog.card(str(decision.chosen))

    def _origin(self, decision: RouteDecision) -> Origin:
        """What the gate must know of a request for a model outside."""
        return Origin(
            request_id=self.request_id,
            decision_id=self.decision_id,
            tenant=self.principal.tenant,
            step=decision.step,
            label=decision.label.to_json(),
            policy_digest=self.policy.digest,
        )

    def _decided(
        self, name: str, asked: Asked, declassifiers: Sequence[Declassifier] = ()
    ) -> RouteDecision:
        if asked.model is not None:
            card = self.state.served_card(name)
            if card.kind != asked.kind:
                raise InvalidRequest(
                    f"'{name}' is no {asked.kind} model; it is for {card.kind}.", param="model"
                )
            self.principal.require_model(card.id)
        return decide_model(
            self.decision_id,
            asked,
            self.label,
            self._choice(name, asked),
            self.policy,
            # A model that is asked for alone says by itself how long it is held back.
            self.state.available if asked.model is None or asked.fallback else self.state.is_ready,
            declassifiers=declassifiers,
        )

    def _choice(self, name: str, asked: Asked) -> tuple[ModelCard, ...]:
        """The models that may be picked; a key with a list of its own picks from that."""
        cards = tuple(self.state.served_cards())
        if asked.model is not None or self.principal.may_use(name):
            return cards
        mine = tuple(card for card in cards if self.principal.may_use(card.id))
        if not mine:
            self.principal.require_model(name)
        return mine


def _floor(principal: Principal, route: RouteBody) -> Label:
    level = principal.floor
    if route.data_class is not None:
        level = max(level, Level[route.data_class])
    return Label(level=level)


def _seconds(state: GatewayState, route: RouteBody) -> float:
    limit = state.limits.request_seconds
    if route.max_latency_ms is None:
        return limit
    return min(limit, route.max_latency_ms / 1000.0)
