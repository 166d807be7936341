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


async def forget_old_runs(state: GatewayState, clock: Callable[[], float] = time.time) -> None:
    """Have State delete runs older than `retention.runs`, if the policy in force names it."""
    days = state.policy.retention.get("runs")
    if days is None:
        return
    before = clock() - days * SECONDS_A_DAY
    try:
        await state.state.call("forget_runs", before, deadline=Deadline.after(_PATIENCE_S))
    except PodiumError as error:
        state.log.error("old runs not deleted", extra={"code": error.code})


async def watch_retention(state: GatewayState, period: float = PERIOD_S) -> None:
    """Do so for ever; cancel to stop."""
    while True:
        await forget_old_runs(state)
        await asyncio.sleep(period)
