"""The policies that are compared: ours, a fixed number, and Ray Serve's own."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from models.local.engine_stats import EngineStats
from router.scaling.policy import Memory, Seen, scale
from router.scaling.settings import Scaling

DEFAULT_TARGET = 2.0


@dataclass(frozen=True, slots=True)
class Look:
    """What a policy sees: the loads of the replicas that run, and the number that was wanted."""

    now: float
    loads: Sequence[EngineStats]
    queued: int
    wanted: int


class Policy(Protocol):
    """Says every few seconds how many replicas there should be; `name` is told in the report."""

    @property
    def name(self) -> str:
        """As the report calls it."""

    def start(self) -> int:
        """How many there are to begin with, up already."""

    def decide(self, look: Look) -> int:
        """How many there should be."""


@dataclass
class Fixed:
    """Always as many."""

    replicas: int

    @property
    def name(self) -> str:
        return f"fixed {self.replicas}"

    def start(self) -> int:
        return self.replicas

    def decide(self, look: Look) -> int:
        return self.replicas


@dataclass
class Ours:
    """`router.scaling`; `epoch` is when the trace begins, in seconds since 1970, for warm hours."""

    scaling: Scaling
    epoch: float = 0.0
    name: str = "podium"
    _memory: Memory = field(default_factory=Memory)

    def start(self) -> int:
        return max(1, self.scaling.min_replicas)

    def decide(self, look: Look) -> int:
        seen = Seen(look.loads, look.queued, look.wanted)
        result = scale(seen, self._memory, self.scaling, self.epoch + look.now)
        self._memory = result.memory
        return result.replicas


@dataclass
class RayServe:
    """Ray Serve's own policy: requests over a target, as the mean of half a minute, with delays."""

    min_replicas: int
    max_replicas: int
    target: float = DEFAULT_TARGET
    look_back_s: float = 30.0
    up_after_s: float = 30.0
    down_after_s: float = 600.0
    _seen: deque[tuple[float, int]] = field(default_factory=deque)
    _direction: int = 0
    _since: float = 0.0

    @property
    def name(self) -> str:
        return f"ray, {self.target:g} each"

    def start(self) -> int:
        return max(1, self.min_replicas)

    def decide(self, look: Look) -> int:
        requests = self._mean(look)
        if not look.loads:
            return max(1, look.wanted) if requests > 0 else look.wanted
        desired = math.ceil(requests / self.target)
        bounded = max(self.min_replicas, min(desired, self.max_replicas))
        return self._patient(bounded, look)

    def _mean(self, look: Look) -> float:
        total = look.queued + sum(load.running + load.waiting for load in look.loads)
        self._seen.append((look.now, total))
        while self._seen[0][0] < look.now - self.look_back_s:
            self._seen.popleft()
        return sum(requests for _, requests in self._seen) / len(self._seen)

    def _patient(self, desired: int, look: Look) -> int:
        direction = (desired > look.wanted) - (desired < look.wanted)
        if direction != self._direction:
            self._direction, self._since = direction, look.now
        delay = self.up_after_s if direction > 0 else self.down_after_s
        if direction == 0 or look.now - self._since < delay:
            return look.wanted
        self._direction = 0
        return desired if direction > 0 or look.wanted == 1 else max(1, desired)
