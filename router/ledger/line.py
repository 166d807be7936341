"""Records in line to be written: in order, bounded, and taken in batches."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from threading import Condition
from typing import TypeAlias

from models.errors import LedgerUnavailable, PodiumError
from router.ledger.port import Receipt
from router.ledger.record import Record

GATHER_S = 0.005
RETRY_S = 0.5
MOST_AT_ONCE = 512
MOST_IN_LINE = 8192


class Buffered:
    """A record nobody waits for."""

    def __init__(self, record: Record) -> None:
        self.record = record

    def settle(self, outcome: Receipt | PodiumError) -> None:
        """Nobody to tell."""


class Waiter:
    """A record that a thread waits for."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self._done: Future[Receipt] = Future()

    def receipt(self) -> Receipt:
        """Block until it is written; raises what kept it from being written."""
        return self._done.result()

    def settle(self, outcome: Receipt | PodiumError) -> None:
        """Let the thread go on."""
        if isinstance(outcome, Receipt):
            self._done.set_result(outcome)
        else:
            self._done.set_exception(outcome)


class AsyncWaiter:
    """A record that a task waits for; settled in its own event loop."""

    def __init__(self, record: Record, loop: asyncio.AbstractEventLoop) -> None:
        self.record = record
        self.loop = loop
        self._done: asyncio.Future[Receipt] = loop.create_future()

    async def receipt(self) -> Receipt:
        """Wait until it is written; raises what kept it from being written."""
        return await self._done

    def settle(self, outcome: Receipt | PodiumError) -> None:
        """Let the task go on, unless it was cancelled: then the record is in the ledger anyway."""
        if self._done.cancelled():
            return
        if isinstance(outcome, Receipt):
            self._done.set_result(outcome)
        else:
            self._done.set_exception(outcome)


Waiting: TypeAlias = Buffered | Waiter | AsyncWaiter


class Line:
    """Thread-safe; `gather` and `retry` are in seconds, `most` and `room` in records."""

    def __init__(
        self,
        *,
        gather: float = GATHER_S,
        retry: float = RETRY_S,
        most: int = MOST_AT_ONCE,
        room: int = MOST_IN_LINE,
    ) -> None:
        self._gather, self._retry, self._most, self._room = gather, retry, most, room
        self._waiting: deque[Waiting] = deque()
        self._pressing = 0  # Those in line that somebody waits for.
        self._closed = False
        self._changed = Condition()

    def put(self, *ones: Waiting) -> None:
        """Stand at the end, all or none; LedgerUnavailable when the line is full or closed."""
        with self._changed:
            if self._closed:
                raise LedgerUnavailable("The ledger is being closed; try again shortly.")
            if len(self._waiting) + len(ones) > self._room:
                raise LedgerUnavailable(
                    "More is to be recorded than the ledger's disk can take; try again shortly.",
                    retry_after=1.0,
                )
            first = not self._waiting
            self._waiting.extend(ones)
            pressing = sum(not isinstance(one, Buffered) for one in ones)
            self._pressing += pressing
            if first or pressing:  # Else whoever takes gathers already.
                self._changed.notify()

    def put_first(self, ones: Sequence[Waiting]) -> None:
        """Stand at the front, whatever the room."""
        with self._changed:
            self._waiting.extendleft(reversed(ones))
            self._pressing += sum(not isinstance(one, Buffered) for one in ones)
            self._changed.notify()

    def take(self, *, failing: bool = False) -> Sequence[Waiting]:
        """The next batch, waiting for one; empty when the line is closed and done with.

        While `failing`, records nobody waits for are tried only once in a while.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if failing or len(self._waiting) < self._most:
                self._changed.wait_for(self._urgent, self._retry if failing else self._gather)
            batch = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            self._pressing -= sum(not isinstance(one, Buffered) for one in batch)
            return batch

    def refuse(self, batch: Sequence[Waiting]) -> tuple[Sequence[Waiting], int]:
        """Put what nobody waits for back to the front; those to refuse, of the line as well, and
        how many records are lost because the line is closed.
        """
        with self._changed:
            every = [*batch, *self._waiting]
            kept = [one for one in every if isinstance(one, Buffered)]
            lost = len(kept) if self._closed else 0
            self._waiting = deque(kept if not self._closed else ())
            self._pressing = 0
            return [one for one in every if not isinstance(one, Buffered)], lost

    def close(self) -> None:
        """Take nothing more; what is in line is still written."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _urgent(self) -> bool:
        return self._pressing > 0 or self._closed
