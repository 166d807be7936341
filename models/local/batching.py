"""Micro-batching without a timer: whoever waits when the worker is free rides in its next batch.

Alone, a request starts at once; under load, batches grow by themselves up to a token limit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(slots=True)
class Waiting(Generic[Item, Result]):
    """One item in a queue: its size in tokens, and where its result goes."""

    item: Item
    tokens: int
    result: asyncio.Future[Result]


@dataclass(slots=True)
class Queues(Generic[Item, Result]):
    """The waiting items: urgent ones go before all others, each in order of arrival."""

    urgent: deque[Waiting[Item, Result]] = field(default_factory=deque)
    other: deque[Waiting[Item, Result]] = field(default_factory=deque)

    def take(self, limit: int) -> list[Waiting[Item, Result]]:
        """The next batch: at least one item, else as many as `limit` tokens hold."""
        batch: list[Waiting[Item, Result]] = []
        tokens = 0
        for queue in (self.urgent, self.other):
            while queue and (not batch or tokens + queue[0].tokens <= limit):
                waiting = queue.popleft()
                # Its caller is gone: cancelled, or out of time.
                if waiting.result.done():
                    continue
                batch.append(waiting)
                tokens += waiting.tokens
        return batch


class TokenBatcher(Generic[Item, Result]):
    """Collects items of concurrent calls and runs them batch by batch, one at a time."""

    def __init__(
        self, run: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], limit: int
    ) -> None:
        self._run = run
        self._limit = limit
        self._queues: Queues[Item, Result] = Queues()
        self._drain: asyncio.Task[None] | None = None

    async def submit(
        self, items: Sequence[tuple[Item, int]], *, urgent: bool = False
    ) -> list[Result]:
        """The result of each (item, tokens), in order; cancelling takes back what still waits."""
        loop = asyncio.get_running_loop()
        mine = [Waiting(item, tokens, loop.create_future()) for item, tokens in items]
        (self._queues.urgent if urgent else self._queues.other).extend(mine)
        if self._drain is None or self._drain.done():
            self._drain = loop.create_task(self._work())
        try:
            return [await waiting.result for waiting in mine]
        finally:
            for waiting in mine:
                if waiting.result.done() and not waiting.result.cancelled():
                    waiting.result.exception()  # read, or asyncio would log it as lost
                waiting.result.cancel()

    async def _work(self) -> None:
        while batch := self._queues.take(self._limit):
            try:
                results = await self._run([waiting.item for waiting in batch])
            except Exception as error:
                _fail(batch, error)
            else:
                _deliver(batch, results)


def _fail(batch: Sequence[Waiting[Item, Result]], error: Exception) -> None:
    for waiting in batch:
        if not waiting.result.done():
            waiting.result.set_exception(error)


def _deliver(batch: Sequence[Waiting[Item, Result]], results: Sequence[Result]) -> None:
    for waiting, result in zip(batch, results, strict=True):
        if not waiting.result.done():
            waiting.result.set_result(result)
