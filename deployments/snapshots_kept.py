"""Index snapshots of collections that are written to: once they rest, not after each document."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from models.errors import DeadlineExceeded, PodiumError

log = logging.getLogger("podium.retriever")

QUIET_S = 5.0
MOST_S = 120.0


class SnapshotsKept:
    """Calls `flush` for a collection `quiet_s` after its last write, `most_s` after its first.

    A snapshot only saves time at the next start: what was written stands in SQL before.
    """

    def __init__(
        self,
        flush: Callable[[str], Awaitable[None]],
        quiet_s: float = QUIET_S,
        most_s: float = MOST_S,
    ) -> None:
        self._flush = flush
        self._quiet_s = quiet_s
        self._most_s = most_s
        self._begun: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @contextmanager
    def writing(self, collection: str) -> Iterator[None]:
        """A write of which nobody hears the end any more may still be done: it counts as done."""
        try:
            yield
        except (DeadlineExceeded, asyncio.CancelledError):
            self.wrote(collection)
            raise

    def wrote(self, collection: str) -> None:
        """The collection was just written to."""
        loop = asyncio.get_running_loop()
        end = self._begun.setdefault(collection, loop.time()) + self._most_s
        if collection in self._timers:
            self._timers[collection].cancel()
        due = min(loop.time() + self._quiet_s, end)
        self._timers[collection] = loop.call_at(due, self._due, collection)

    async def close(self) -> None:
        """Write at once what is still waited with, and come back when all is written."""
        for collection, timer in tuple(self._timers.items()):
            timer.cancel()
            self._due(collection)
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _due(self, collection: str) -> None:
        # What is written from here on begins the next wait: it may not be in this snapshot.
        del self._timers[collection], self._begun[collection]
        task = asyncio.create_task(self._save(collection), name="index snapshot")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _save(self, collection: str) -> None:
        try:
            await self._flush(collection)
        except PodiumError as error:
            log.warning("no index snapshot", extra={"code": error.code})
