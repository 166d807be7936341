"""One chat request outside any pipeline: decided on, redacted where it must be, answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from typing import Any

from deployments.call import Call
from deployments.fallback_chat import FallbackChat
from models.catalog import ModelCard
from models.messages import ChatDelta, ChatRequest, Completion
from router.label import Clearance, Level
from router.pseudonyms.declassify import PSEUDONYMS
from router.pseudonyms.run import Redacting, RunPseudonyms


class DirectChat:
    """A request and the model that may answer it; made by `choose`.

    Its pseudonyms live as long as the answer: the next request of the same conversation has others.
    """

    def __init__(
        self,
        call: Call,
        request: ChatRequest,
        model: FallbackChat,
        pseudonyms: RunPseudonyms,
    ) -> None:
        self._call = call
        self._request = request
        self._model = model
        self._pseudonyms = pseudonyms

    @property
    def card(self) -> ModelCard:
        """The model that answers: the first, or the one that took over."""
        return self._model.answering

    @property
    def redactions(self) -> Sequence[dict[str, str | int]]:
        """How many values of each type left as tokens."""
        return self._pseudonyms.redactions()

    async def complete(self) -> Completion:
        """The whole answer."""
        try:
            return await self._model.complete(self._request, self._call.deadline)
        finally:
            self._pseudonyms.close()

    async def stream(self) -> AsyncIterator[ChatDelta]:
        """The answer as it comes."""
        deltas: Any = self._model.stream(self._request, self._call.deadline)
        try:
            async with aclosing(deltas):
                async for delta in deltas:
                    yield delta
        finally:
            self._pseudonyms.close()


async def choose(call: Call, name: str, request: ChatRequest) -> DirectChat:
    """Decide which model answers; raises PodiumError when none may be asked."""
    inside = Clearance(Level.RESTRICTED, None, tenants=frozenset({call.principal.tenant}))
    pseudonyms = RunPseudonyms(call.principal.tenant, call.decision_id, inside)
    rule = call.policy.declassifiers.get(PSEUDONYMS)
    decision = call.chat_decision(name)
    redacting: Redacting | None = None
    if decision.chosen is None and rule is not None and rule.approved:
        redacting = pseudonyms.redacting(rule, call.label, (), request)
        # Deciding may search and redact every text: a thread does, so that others are served.
        decision = await asyncio.to_thread(call.chat_decision, name, redacting)
    call.settled(decision)
    chain = [call.state.catalog.card(one) for one in decision.order]
    model = FallbackChat(chain, lambda card: call.chat(card, decision, redacting), call.may_ask)
    return DirectChat(call, request, model, pseudonyms)
