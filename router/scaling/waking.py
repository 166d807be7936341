"""How long a model that sleeps will take to wake, as far as the last time tells."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from models.errors import ModelUnavailable

UNKNOWN_S = 30.0


@dataclass(frozen=True, slots=True)
class Waking:
    """`last_s`: how long the last start took; `since`: when this one was asked for, if it was."""

    last_s: float | None = None
    since: float | None = None

    def asked(self, now: float) -> Waking:
        """Somebody wants the model."""
        return self if self.since is not None else replace(self, since=now)

    def up(self, now: float) -> Waking:
        """It answers."""
        return self if self.since is None else Waking(last_s=now - self.since)

    def told(self, start_s: float | None) -> Waking:
        """What the model itself says of its start; what was seen from here counts more."""
        return self if self.last_s is not None else replace(self, last_s=start_s)

    def left(self, now: float) -> float | None:
        """Seconds until it should answer, at least one; None when nobody knows."""
        if self.last_s is None:
            return None
        return max(1.0, self.last_s - (now - (self.since if self.since is not None else now)))

    def error(self, name: str, now: float) -> ModelUnavailable:
        """What one is told who can't wait for it."""
        left = self.left(now)
        again = math.ceil(UNKNOWN_S if left is None else left)
        known = (
            "how long that takes is not known yet"
            if self.last_s is None
            else f"the last time that took {math.ceil(self.last_s)} s"
        )
        return ModelUnavailable(
            f"'{name}' was asleep and is being started; {known}. Try again in {again} s.",
            retry_after=float(again),
            param="model",
        )
