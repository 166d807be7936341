"""A chat model with others behind it: the next that may be asked takes over when one fails.

The chain comes out of a decision of the policy, and each model in it is asked of the policy once
more before it is asked anything. After the first piece of an answer nothing takes over.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
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
        left = self._start()
        while True:
            card = self.answering
            try:
                return await self._port(card).complete(replace(request, model=card.id), deadline)
            except _FAILED:
                if not self._goes_on(left, deadline):
                    raise

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer of the first model that begins one."""
        left, begun = self._start(), False
        while True:
            card = self.answering
            stream: Any = self._port(card).stream(replace(request, model=card.id), deadline)
            try:
                async with aclosing(stream):
                    async for delta in stream:
                        begun = True
                        yield delta
                return
            except _FAILED:
                if begun or not self._goes_on(left, deadline):
                    raise

    def _start(self) -> list[ModelCard]:
        """Begin with the first; the models behind it."""
        self.answering, *left = self._chain
        return left

    def _goes_on(self, left: list[ModelCard], deadline: Deadline) -> bool:
        """Whether another takes over: the first that the policy lets be asked now.

        That one before it failed took time, in which that may have changed.
        """
        while left:
            card = left.pop(0)
            if self._may_ask(card):
                deadline.check(self.answering.id)
                self.answering = card
                return True
        return False
