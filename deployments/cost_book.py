"""What calls of one gateway replica came to, on its way to State: gathered, sent, sent again.

A row waits for a quarter of a second at most while State answers. Rows of a gateway that is killed
in that time are lost; what budgets count is settled by itself and is not.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from deployments.remote import Remote
from models.deadline import Deadline
from models.errors import PodiumError
from router.costs import CallCost

log = logging.getLogger("podium.costs")

PERIOD_S = 0.25
MOST_WAITING = 100_000
_BATCH = 500
_PATIENCE_S = 5.0


class CostBook:
    """Takes rows at once and never makes a call wait; `lost` counts those it had no room for."""

    def __init__(self, state: Remote) -> None:
        self.lost = 0
        self._state = state
        self._rows: deque[CallCost] = deque()
        self._sending: asyncio.Task[None] | None = None

    def add(self, cost: CallCost) -> None:
        """Take one row."""
        if len(self._rows) >= MOST_WAITING:
            self.lost += 1
            return
        self._rows.append(cost)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send(), name="costs")

    async def flush(self) -> None:
        """Return when every row taken so far is with State."""
        if self._sending is not None:
            await asyncio.wait({self._sending})

    async def _send(self) -> None:
        while self._rows:
            await asyncio.sleep(PERIOD_S)
            batch = [self._rows.popleft() for _ in range(min(_BATCH, len(self._rows)))]
            try:
                deadline = Deadline.after(_PATIENCE_S)
                await self._state.call("record_costs", batch, deadline=deadline)
            except PodiumError as error:
                # The same rows again: State takes each of them once.
                self._rows.extendleft(reversed(batch))
                log.warning("costs not recorded yet", extra={"code": error.code})
                await asyncio.sleep(1.0)
