"""A chat model with others behind it: the next that may be asked takes over when one fails.

The chain comes out of a decision of the policy, and each model in it is asked of the policy once
more before it is asked anything. After the first piece of an answer nothing takes over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import DeadlineExceeded, ModelUnavailable, Overloaded
from models.messages import ChatDelta, ChatRequest, Completion
from models.ports import ChatModel

# A provider may have given up while there is time left for another.
_FAILED = (ModelUnavailable, Overloaded, DeadlineExceeded)


class FallbackChat:
    """A ChatModel over a chain of models; `answering` is the one asked last."""

    def __init__(
        self,
        chain: Sequence[ModelCard],
        port: Callable[[ModelCard], ChatModel],
        may_ask: Callable[[ModelCard], bool],
    ) -> None:
        self.answering = chain[0]
        self._chain = chain
        self._port = port
        self._may_ask = may_ask

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer of the first model that gives one; raises the last one's error."""
        for card, last in self._turns():
            try:
                return await self._port(card).complete(replace(request, model=card.id), deadline)
            except _FAILED:
                if last:
                    raise
                deadline.check(card.id)
        raise AssertionError("the last turn returns or raises")

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer of the first model that begins one."""
        for card, last in self._turns():
            begun = False
            stream: Any = self._port(card).stream(replace(request, model=card.id), deadline)
            try:
                async with aclosing(stream):
                    async for delta in stream:
                        begun = True
                        yield delta
                return
            except _FAILED:
                if begun or last:
                    raise
                deadline.check(card.id)

    def _turns(self) -> Iterator[tuple[ModelCard, bool]]:
        """The models in turn, and whether none may come after it."""
        left = list(self._chain)
        while left:
            card = self.answering = left.pop(0)
            # That one before it failed took time: what may be asked is asked of the policy now.
            left = [other for other in left if self._may_ask(other)]
            yield card, not left
