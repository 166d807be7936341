"""One chat request outside any pipeline: decided on, redacted where it must be, answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from deployments.call import Call
from models.catalog import ModelCard
from models.messages import ChatDelta, ChatRequest, Completion
from models.ports import ChatModel
from router.label import Clearance, Level
from router.pseudonyms.declassify import PSEUDONYMS
from router.pseudonyms.run import RunPseudonyms


class DirectChat:
    """A request and the model that may answer it; made by `choose`.

    Its pseudonyms live as long as the answer: the next request of the same conversation has others.
    """

    def __init__(
        self,
        call: Call,
        card: ModelCard,
        request: ChatRequest,
        model: ChatModel,
        pseudonyms: RunPseudonyms,
    ) -> None:
        self.card = card
        self._call = call
        self._request = replace(request, model=card.id)
        self._model = model
        self._pseudonyms = pseudonyms

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
    if rule is None or not rule.approved:
        decision, redacting = call.chat_decision(name), None
    else:
        redacting = pseudonyms.redacting(rule, call.label, (), request)
        # Deciding may search and redact every text: a thread does, so that others are served.
        decision = await asyncio.to_thread(call.chat_decision, name, redacting)
    card = call.state.catalog.card(str(decision.chosen))
    return DirectChat(call, card, request, call.chat(card, decision, redacting), pseudonyms)
