"""What one gateway replica tells State and does not wait for: gathered, sent, sent again.

A row waits for a second at most while State answers, and not at all when the gateway stops. Rows of
a gateway that is killed in that time are lost; what budgets count, and what is written before it
happens, goes other ways.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from itertools import islice
from typing import Generic, TypeVar

from deployments.remote import Remote
from models.deadline import Deadline
from models.errors import PodiumError

log = logging.getLogger("podium.outbox")

PERIOD_S = 1.0
_BATCH = 500
_PATIENCE_S = 5.0
Row = TypeVar("Row")


class Outbox(Generic[Row]):
    """Takes rows at once and never makes a call wait; `lost` counts those it had no room for.

    `method` of State is given each batch; it must take a row that comes again only once.
    """

    def __init__(self, state: Remote, method: str, most: int, period_s: float = PERIOD_S) -> None:
        self.lost = 0
        self._state = state
        self._method = method
        self._most = most
        self._period_s = period_s
        self._rows: deque[Row] = deque()
        self._sending: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def add(self, row: Row) -> None:
        """Take one row."""
        if len(self._rows) >= self._most:
            self.lost += 1
            return
        self._rows.append(row)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send(), name=self._method)

    async def flush(self) -> None:
        """Return when every row taken so far is with State."""
        if self._sending is not None:
            await asyncio.wait({self._sending})

    async def close(self, seconds: float) -> None:
        """Send what waits at once; what State has not taken within so many seconds is lost."""
        self._hurry.set()
        if self._sending is not None:
            await asyncio.wait({self._sending}, timeout=seconds)
        if self._rows:
            log.error("not told", extra={"method": self._method, "rows": len(self._rows)})

    async def _send(self) -> None:
        while self._rows:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), self._period_s)
            batch = list(islice(self._rows, _BATCH))
            try:
                deadline = Deadline.after(_PATIENCE_S)
                await self._state.call(self._method, batch, deadline=deadline)
                for _ in batch:
                    self._rows.popleft()
            except PodiumError as error:
                # The same rows again: State takes each of them once.
                log.warning("not told yet", extra={"method": self._method, "code": error.code})
                await asyncio.sleep(1.0)
