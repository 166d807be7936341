"""How many seconds an engine worked for each of the requests it answers at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class EngineClock:
    """Shares every second of work equally among the requests that are open in it.

    The shares of all requests add up to the time in which at least one was open. One number is
    kept: how much a request that was open all along would have been charged.
    """

    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    open: int = 0
    _shared: float = 0.0
    _last: float = 0.0

    def begin(self) -> float:
        """A request comes in; keep the mark and give it to `seconds` and to `end`."""
        self._advance()
        self.open += 1
        return self._shared

    def seconds(self, mark: float) -> float:
        """The share of a request so far."""
        self._advance()
        return self._shared - mark

    def end(self, mark: float) -> float:
        """A request is gone; its share."""
        share = self.seconds(mark)
        self.open -= 1
        return share

    def _advance(self) -> None:
        now = self.clock()
        if self.open:
            self._shared += (now - self._last) / self.open
        self._last = now
