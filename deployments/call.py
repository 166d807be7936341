"""One call of one client: who, what label, which models may answer, and what it came to."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from typing import Any

from deployments.gateway_state import GatewayState
from deployments.wire.chat_body import RouteBody
from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import (
    InvalidRequest,
    ModelNotFound,
    NoEligibleModel,
    PolicyDenied,
)
from models.messages import Usage
from models.ports import ChatModel
from router.keys import Principal
from router.label import Label, Level


class Call:
    """Made once a request, in microseconds; everything it decides is kept for the response."""

    def __init__(
        self, state: GatewayState, principal: Principal, request_id: str, route: RouteBody
    ) -> None:
        self.state = state
        self.principal = principal
        self.request_id = request_id
        self.decision_id = f"dec_{uuid.uuid4().hex}"
        self.deadline = Deadline.after(_seconds(state, route))
        self.label = self._label(route)
        self.route = route

    @property
    def cache_salt(self) -> str:
        """Keeps one tenant's and one label's prefix cache from another's."""
        text = f"{self.principal.tenant}\0{self.label.level.name}".encode()
        return hmac.new(self.state.salt, text, hashlib.sha256).hexdigest()

    def chat_model(self, name: str) -> ModelCard:
        """The card that will answer; `auto` and `auto:private` pick one. Policy comes first."""
        if name in ("auto", "auto:private"):
            return self._auto()
        card = self.state.served_card(name)
        if card.kind != "chat":
            raise InvalidRequest(
                f"'{name}' is no chat model; it is for {card.kind}.", param="model"
            )
        self.check(card)
        return card

    def model(self, name: str, kind: str) -> ModelCard:
        """The card of that name and kind, allowed to see this call's data."""
        card = self.state.served_card(name)
        if card.kind != kind:
            raise InvalidRequest(f"'{name}' is no model for {kind}.", param="model")
        self.check(card)
        return card

    def check(self, card: ModelCard) -> None:
        """Raise PolicyDenied unless the card may see this call's data."""
        verdict = self.state.policy.eligible(card, self.label)
        if not verdict.ok:
            raise PolicyDenied(
                f"Policy does not let this data reach '{card.id}' ({verdict.rule}):"
                f" {verdict.reason}.",
                param="model",
            )

    def chat(self, card: ModelCard) -> ChatModel:
        """The port of an eligible chat model."""
        return self.state.chat_model(card.id)

    def headers(self, model: str) -> dict[str, str]:
        """The response headers that say what answered."""
        return {"x-route-model": model, "x-route-decision": self.decision_id}

    def finished(self, card: ModelCard, usage: Usage) -> dict[str, Any]:
        """The `route` object of a call that one model answered."""
        self.state.account(self.principal.tenant, card.id, usage)
        return {
            "decision_id": self.decision_id,
            "model": card.id,
            "site": card.site,
            "prompt_version": None,
            "sources": [],
            "steps": [],
            "cost_usd": 0.0,
            "label": self.label.public(),
            "redactions": [],
        }

    def _auto(self) -> ModelCard:
        cards = [card for card in self.state.served_cards() if card.kind == "chat"]
        allowed = [card for card in cards if self.state.policy.eligible(card, self.label).ok]
        if cards and not allowed:
            raise PolicyDenied("Policy lets no chat model see this data.", param="model")
        if not allowed:
            raise ModelNotFound("This server has no chat model.", param="model")
        up = [card for card in allowed if self.state.is_ready(card.id)]
        if not up:
            raise NoEligibleModel("Every model that may answer is down.", retry_after=1.0)
        return up[0]

    def _label(self, route: RouteBody) -> Label:
        label = self.state.policy.source("user", self.principal.tenant)
        raised = Label(level=self.principal.floor)
        if route.data_class is not None:
            raised = raised.join(Label(level=Level[route.data_class]))
        return label.join(raised)


def _seconds(state: GatewayState, route: RouteBody) -> float:
    limit = state.limits.request_seconds
    if route.max_latency_ms is None:
        return limit
    return min(limit, route.max_latency_ms / 1000.0)
