"""A point in time by which an answer is due; it only ever comes closer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from models.errors import DeadlineExceeded

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Deadline:
    """`at` is seconds on `clock`; cross a process border as `remaining()`, for clocks differ."""

    at: float
    clock: Clock = field(default=time.monotonic, compare=False, repr=False)

    @classmethod
    def after(cls, seconds: float, clock: Clock = time.monotonic) -> Deadline:
        """The deadline `seconds` from now."""
        return cls(clock() + seconds, clock)

    def remaining(self) -> float:
        """Seconds left, never below zero."""
        return max(0.0, self.at - self.clock())

    def sooner(self, seconds: float) -> Deadline:
        """This deadline or `seconds` from now, whichever comes first."""
        return Deadline(min(self.at, self.clock() + seconds), self.clock)

    def check(self, what: str) -> None:
        """Raise DeadlineExceeded naming `what` when no time is left."""
        if self.remaining() <= 0.0:
            raise DeadlineExceeded(f"The deadline passed before {what} finished.")
