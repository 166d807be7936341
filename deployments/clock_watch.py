"""Knows when the time of day was set back, by the clock that never is."""

from __future__ import annotations

import time
from collections.abc import Callable

# What time servers do to a clock that runs wrong is far below.
SET_BACK_S = 3.0
Clock = Callable[[], float]


class ClockWatch:
    """Seconds of both clocks; ask it again and again."""

    def __init__(self, wall: Clock = time.time, steady: Clock = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._ahead = wall() - steady()

    def set_back(self) -> float | None:
        """By how many seconds it was set back since it was asked last; None when it was not."""
        before, self._ahead = self._ahead, self._wall() - self._steady()
        back = before - self._ahead
        return back if back > SET_BACK_S else None
