"""A chat model whose slow first piece is raced by one more, equal call, within a budget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from models.collect import collect
from models.deadline import Deadline
from models.errors import PodiumError
from models.messages import ChatDelta, ChatRequest, Completion
from models.ports import ChatModel
from models.resilience_hedge import HedgeBudget, LivePercentile

_END = object()


@dataclass(slots=True)
class Hedging:
    """What one gateway replica knows of one model: its times and what hedges are left."""

    budget: HedgeBudget = field(default_factory=HedgeBudget)
    times: LivePercentile = field(default_factory=LivePercentile)
    clock: Callable[[], float] = time.monotonic


class HedgedChat:
    """The ChatModel `chat`; whoever gives the first piece wins, the other is cancelled.

    `chat` accounts for each call by itself, so that the loser's costs are counted, too.
    """

    def __init__(self, chat: ChatModel, hedging: Hedging) -> None:
        self._chat = chat
        self._hedging = hedging

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer."""
        return await collect(request.model, self.stream(request, deadline))

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes, of the one call that answered first."""
        winner, first = await self._race(request, deadline)
        async with aclosing(winner):
            if first is _END:
                return
            yield first
            async for delta in winner:
                yield delta

    async def _race(self, request: ChatRequest, deadline: Deadline) -> tuple[Any, Any]:
        began = self._hedging.clock()
        self._hedging.budget.called()
        runners = [_Runner(self._chat.stream(request, deadline))]
        try:
            patience = self._hedging.times.p95()
            if patience is not None:
                await asyncio.wait({runners[0].first}, timeout=patience)
                if not runners[0].first.done() and self._hedging.budget.take():
                    runners.append(_Runner(self._chat.stream(request, deadline)))
            winner = await _first_to_answer(runners)
        except BaseException:
            await _stop(runners)
            raise
        await _stop([one for one in runners if one is not winner])
        self._hedging.times.add(self._hedging.clock() - began)
        return winner.stream, winner.first.result()


class _Runner:
    def __init__(self, stream: Any) -> None:
        self.stream: AsyncGenerator[ChatDelta, None] = stream
        self.first: asyncio.Task[Any] = asyncio.create_task(_next(stream))


async def _next(stream: AsyncGenerator[ChatDelta, None]) -> Any:
    return await anext(stream, _END)


async def _first_to_answer(runners: list[_Runner]) -> _Runner:
    """The first that gave a piece; raises the error of the first call when none did."""
    waiting = {one.first: one for one in runners}
    while waiting:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            runner = waiting.pop(task)
            if not isinstance(task.exception(), PodiumError):
                return runner
    runners[0].first.result()
    raise AssertionError("every runner failed")


async def _stop(runners: list[_Runner]) -> None:
    for one in runners:
        one.first.cancel()
    for one in runners:
        await asyncio.wait({one.first})
        if not one.first.cancelled():
            one.first.exception()
        await one.stream.aclose()
