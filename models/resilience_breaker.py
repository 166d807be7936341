"""A circuit breaker: after failures in a row a model is left alone for a while, then tried once.

closed → open when `failures` came in a row, or at once for a fault that trying again can't mend;
open → half open when its time is over; half open → closed by one success, → open by one failure,
for twice as long. Pure: the clock's reading comes in with every call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Phase = Literal["closed", "open", "half_open"]


@dataclass(frozen=True, slots=True)
class BreakerRules:
    """Failures in a row that open it, and seconds that it stays open: at first, and at most."""

    failures: int = 5
    open_s: float = 5.0
    longest_s: float = 120.0


@dataclass(slots=True)
class Breaker:
    """One model's or one provider's breaker; `until` counts while it is open."""

    rules: BreakerRules = BreakerRules()
    phase: Phase = "closed"
    until: float = 0.0
    reason: str = ""
    _failures: int = 0
    _span: float = 0.0
    _probing: bool = False

    def blocked(self, now: float) -> float:
        """Seconds until a call may be tried, 0 when one may be now; changes nothing."""
        if self.phase == "open" and now < self.until:
            return self.until - now
        return self.rules.open_s if self.phase == "half_open" and self._probing else 0.0

    def take(self, now: float) -> bool:
        """Whether this call may go; one that may must be ended by one of the three below."""
        if self.blocked(now) > 0.0:
            return False
        if self.phase == "open":
            self.phase = "half_open"
        self._probing = self.phase == "half_open"
        return True

    def succeeded(self) -> None:
        """The provider answered as it should, whatever it said."""
        if self.phase == "open":
            return
        self.phase, self._failures, self._span = "closed", 0, 0.0
        self._probing, self.reason = False, ""

    def gave_up(self) -> None:
        """The call ended without telling anything: cancelled, or refused for what it asked."""
        self._probing = False

    def failed(self, now: float, reason: str, *, final: bool = False, wait: float = 0.0) -> None:
        """It failed, for `reason`; `final` when trying again can't help, `wait` when told to."""
        self._failures += 1
        if self.phase == "open":
            return
        self.reason = reason
        if self.phase == "half_open" or final or self._failures >= self.rules.failures:
            doubled = max(self.rules.open_s, 2 * self._span)
            self._span = min(doubled, self.rules.longest_s)
            self.phase, self._probing = "open", False
            self.until = now + max(self._span, min(wait, self.rules.longest_s))
