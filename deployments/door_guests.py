"""What comes in by a chat model's door: no more at once than Serve would let through."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import TYPE_CHECKING

from models.deadline import Deadline
from models.local.engine_stats import EngineStats
from models.messages import ChatDelta, ChatRequest, Completion

if TYPE_CHECKING:
    from deployments.chat_replica import ChatReplica

# Calls that may stand in line, as many as Serve keeps for a gateway.
QUEUED = 256


class DoorGuests:
    """The methods of `replica` for callers at its door; answers begin in the order they came.

    So `most` and no more share the engine's seconds, and its queue is as long as it was.
    """

    METHODS = ("complete", "stream", "count", "stats", "describe")

    def __init__(self, replica: ChatReplica, most: int) -> None:
        self._replica = replica
        self._turns = asyncio.Semaphore(most)

    async def complete(self, request: ChatRequest, seconds: float) -> Completion:
        """The whole answer, within `seconds`."""
        deadline = Deadline.after(seconds)
        async with self._turns:
            return await self._replica.complete(request, deadline.remaining())

    async def stream(self, request: ChatRequest, seconds: float) -> AsyncIterator[ChatDelta]:
        """The answer as the engine makes it."""
        deadline = Deadline.after(seconds)
        async with (
            self._turns,
            aclosing(self._replica.deltas(request, deadline.remaining())) as deltas,
        ):
            async for delta in deltas:
                yield delta

    async def count(self, request: ChatRequest, seconds: float) -> int:
        """The tokens of a prompt."""
        return await self._replica.count(request, seconds)

    async def stats(self) -> EngineStats:
        """The engine's load."""
        return await self._replica.stats()

    async def describe(self) -> dict[str, object]:
        """What the replica says of itself."""
        return await self._replica.describe()
