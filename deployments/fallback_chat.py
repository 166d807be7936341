"""A chat model with others behind it; after the first piece of an answer nothing takes over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from deployments.fallback_chain import FAILED, FallbackChain
from models.catalog import ModelCard
from models.deadline import Deadline
from models.messages import ChatDelta, ChatRequest, Completion
from models.ports import ChatModel


class FallbackChat:
    """A ChatModel over a chain of models, for one request; `answering` is the one asked last."""

    def __init__(
        self,
        chain: Sequence[ModelCard],
        port: Callable[[ModelCard], ChatModel],
        may_ask: Callable[[ModelCard], bool],
    ) -> None:
        self._chain = FallbackChain(chain, may_ask)
        self._port = port

    @property
    def answering(self) -> ModelCard:
        """The model that answers: the first, or the one that took over."""
        return self._chain.answering

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer of the first model that gives one; raises the last one's error."""
        while True:
            card = self.answering
            try:
                return await self._port(card).complete(replace(request, model=card.id), deadline)
            except FAILED:
                if not self._chain.goes_on(deadline):
                    raise

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer of the first model that begins one."""
        begun = False
        while True:
            card = self.answering
            stream: Any = self._port(card).stream(replace(request, model=card.id), deadline)
            try:
                async with aclosing(stream):
                    async for delta in stream:
                        begun = True
                        yield delta
                return
            except FAILED:
                if begun or not self._chain.goes_on(deadline):
                    raise
