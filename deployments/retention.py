"""Keeps the policy's word on how long things are kept, hour by hour."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from models.deadline import Deadline
from models.errors import PodiumError
from router.store.retention import SECONDS_A_DAY

if TYPE_CHECKING:
    from deployments.gateway_state import GatewayState

PERIOD_S = 3_600.0
_PATIENCE_S = 60.0


# What State deletes of each sink.
_FORGETS = {"runs": "forget_runs", "downloads": "forget_assets"}


async def forget_old(state: GatewayState, clock: Callable[[], float] = time.time) -> None:
    """Have State delete what is older than the policy in force says: runs, and pictures."""
    for sink, method in _FORGETS.items():
        days = state.policy.retention.get(sink)
        if days is None:
            continue
        before = clock() - days * SECONDS_A_DAY
        try:
            await state.state.call(method, before, deadline=Deadline.after(_PATIENCE_S))
        except PodiumError as error:
            state.log.error("not deleted", extra={"sink": sink, "code": error.code})


async def watch_retention(state: GatewayState, period: float = PERIOD_S) -> None:
    """Do so for ever; cancel to stop."""
    while True:
        await forget_old(state)
        await asyncio.sleep(period)
