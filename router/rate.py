"""A limit for each minute: a sliding window in steps of a second, with the clock passed in.

What is counted in a second counts until 61 seconds after that second began, so no 60 seconds ever
see more than the limit; the price is up to one second of patience too much.
"""

from __future__ import annotations

import math

MINUTE_S = 60


class SlidingWindow:
    """Counts of the last minute: at most 61 numbers, whatever the traffic."""

    def __init__(self) -> None:
        self._counts: dict[int, int] = {}
        self._sum = 0

    def used(self, now: float) -> int:
        """What counts now."""
        self._forget(now)
        return self._sum

    def add(self, amount: int, now: float) -> int:
        """Count `amount`; the answer names the second, for `correct`."""
        self._forget(now)
        second = max(math.floor(now), *self._counts) if self._counts else math.floor(now)
        self._counts[second] = self._counts.get(second, 0) + amount
        self._sum += amount
        return second

    def correct(self, second: int, told: int, real: int, now: float) -> None:
        """Count `real` in place of the `told` that `add` counted in that second.

        What is less is taken off where it stood; what is more counts from now.
        """
        self._forget(now)
        if real > told:
            self.add(real - told, now)
        elif second in self._counts:
            less = min(told - real, self._counts[second])
            self._counts[second] -= less
            self._sum -= less

    def wait(self, amount: int, limit: int, now: float) -> float:
        """Seconds until `amount` fits beneath `limit`, 0 when it does now.

        More than the whole limit fits when nothing else counts: else it never would.
        """
        self._forget(now)
        over = self._sum + min(amount, limit) - limit
        if over <= 0:
            return 0.0
        for second, count in self._counts.items():
            over -= count
            if over <= 0:
                return second + MINUTE_S + 1 - now
        return float(MINUTE_S + 1)

    def reset(self, now: float) -> float:
        """Seconds until nothing counts any more."""
        self._forget(now)
        return max(self._counts) + MINUTE_S + 1 - now if self._sum else 0.0

    def _forget(self, now: float) -> None:
        while self._counts and (first := next(iter(self._counts))) + MINUTE_S + 1 <= now:
            self._sum -= self._counts.pop(first)
