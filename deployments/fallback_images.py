"""A model that makes pictures with others behind it, each charged for by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from deployments.fallback_chain import FAILED, FallbackChain
from models.catalog import ModelCard
from models.deadline import Deadline
from models.images import ImageRequest

Made = TypeVar("Made")


class FallbackImages(Generic[Made]):
    """Asks `make` of one model after another; `answering` is the one asked last."""

    def __init__(
        self,
        chain: Sequence[ModelCard],
        make: Callable[[ModelCard, ImageRequest], Awaitable[Made]],
        may_ask: Callable[[ModelCard], bool],
    ) -> None:
        self._chain = FallbackChain(chain, may_ask)
        self._make = make

    @property
    def answering(self) -> ModelCard:
        """The model that makes them: the first, or the one that took over."""
        return self._chain.answering

    async def make(self, wanted: ImageRequest, deadline: Deadline) -> Made:
        """What the first model that succeeds has made; raises the last one's error."""
        while True:
            card = self.answering
            try:
                return await self._make(card, replace(wanted, model=card.id))
            except FAILED:
                if not self._chain.goes_on(deadline):
                    raise
