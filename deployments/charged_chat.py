"""A chat model whose every call counts towards the limits of one key."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from deployments.accounting import DIRECT, Accounting, Charge, Purpose
from models.catalog import ModelCard
from models.deadline import Deadline
from models.messages import ChatDelta, ChatRequest, Completion
from models.ports import ChatModel
from router.budget import Amount
from router.budget_estimate import chat_bound, delivered_bound
from router.keys import Principal


class ChargedChat:
    """The ChatModel `chat`, charged to a key; `window` is the model's, None when unknown."""

    def __init__(
        self,
        chat: ChatModel,
        card: ModelCard,
        window: int | None,
        who: Principal,
        accounting: Accounting,
        purpose: Purpose = DIRECT,
    ) -> None:
        self._chat = chat
        self._card = card
        self._window = window
        self._who = who
        self._accounting = accounting
        self._purpose = purpose

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer; raises RateLimited or BudgetExceeded before the model is asked."""
        async with self._charge(request, deadline) as charge:
            completion = await self._chat.complete(request, deadline)
            charge.used(completion.usage)
        return completion

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes; what was delivered counts when it is broken off."""
        stream: Any = self._chat.stream(request, deadline)
        written, begun = 0, time.monotonic()

        def delivered() -> Amount:
            seconds = time.monotonic() - begun
            return delivered_bound(self._card, request, written, seconds)

        async with self._charge(request, deadline) as charge, aclosing(stream):
            async for delta in stream:
                if not written:
                    charge.answers(delivered)
                written += _bytes(delta)
                if delta.usage is not None:
                    charge.used(delta.usage)
                yield delta

    def _charge(self, request: ChatRequest, deadline: Deadline) -> Charge:
        most = chat_bound(self._card, request, self._window, deadline.remaining())
        return Charge(self._accounting, self._who, self._card, most, self._purpose)


def _bytes(delta: ChatDelta) -> int:
    if not (delta.reasoning or delta.tool_calls) and delta.text.isascii():
        return len(delta.text)
    calls = "".join((call.name or "") + call.arguments for call in delta.tool_calls)
    return len(f"{delta.text}{delta.reasoning}{calls}".encode("utf-8", "surrogatepass"))
