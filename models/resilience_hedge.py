"""When a second, equal call may race a slow first one, and how many such there may be."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

SHARE = 0.05
_KEPT = 256
# Fewer times than this say nothing of a 95th percentile.
_ENOUGH = 20


@dataclass(slots=True)
class HedgeBudget:
    """Counts calls and hedges: hedges never exceed `share` of the calls, at any time."""

    share: float = SHARE
    calls: int = 0
    hedges: int = 0

    def called(self) -> None:
        """A first call was made."""
        self.calls += 1

    def take(self) -> bool:
        """Whether one more hedge fits; it counts if so."""
        if self.hedges + 1 > self.share * self.calls:
            return False
        self.hedges += 1
        return True


@dataclass(slots=True)
class LivePercentile:
    """The 95th percentile of the latest times to a first piece of an answer, in seconds."""

    _times: deque[float] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def add(self, seconds: float) -> None:
        """One more call had its first piece after so long."""
        self._times.append(seconds)

    def p95(self) -> float | None:
        """None while too few calls were seen."""
        if len(self._times) < _ENOUGH:
            return None
        ranked = sorted(self._times)
        return ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]
