"""The number of replicas for a load: up fast, down slow, and never to and fro.

Between what is needed and what would be needed if each replica took less, the number stays as it
is: so no load, however it trembles there, moves it. Pure: what must be remembered from one look to
the next is handed back.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.local.engine_stats import EngineStats
from router.scaling.settings import Scaling
from router.scaling.warm import least_at

DEFAULT_REQUESTS = 24.0
# Over how many seconds the load is a mean where more is asked for, and where fewer.
QUICK_S = 10.0
SLOW_S = 60.0
# Means of samples: under half a request is none.
_NO_REQUEST = 0.5


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: the engines' loads, requests that wait for any of them, replicas wanted so far.

    `replicas` counts those that are still being started.
    """

    loads: Sequence[EngineStats]
    queued: float
    replicas: int


@dataclass(frozen=True, slots=True)
class Load:
    """Requests, and the share of key-value caches that they want, summed over replicas.

    Requests that wait will want as much of it as those that run have now.
    """

    requests: float = 0.0
    cache: float = 0.0

    def replicas(self, scaling: Scaling, share: float = 1.0) -> int:
        """For so many, if each takes `share` of what it should; 0 without a request."""
        if self.requests < _NO_REQUEST:
            return 0
        by_requests = self.requests / ((scaling.requests_each or DEFAULT_REQUESTS) * share)
        by_cache = self.cache / (scaling.kv_cache_each * share)
        return max(1, _ceil(max(by_requests, by_cache)))

    def towards(self, other: Load, part: float) -> Load:
        """This one, moved a part of the way."""
        return Load(
            self.requests + part * (other.requests - self.requests),
            self.cache + part * (other.cache - self.cache),
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """Two means of the load, and since when more, or fewer, replicas would have been right.

    `least` is the least that was too much for those there are since `up_since`, `most` the most
    that would have been enough since `down_since`.
    """

    at: float | None = None
    quick: Load = Load()
    slow: Load = Load()
    up_since: float | None = None
    least: int = 0
    down_since: float | None = None
    most: int = 0

    def calm(self) -> Memory:
        """With nothing to change."""
        return Memory(self.at, self.quick, self.slow)


@dataclass(frozen=True, slots=True)
class Scale:
    """How many replicas to have, and what to remember."""

    replicas: int
    memory: Memory = Memory()


def load_of(seen: Seen) -> Load:
    """All that is wanted at one look."""
    running = sum(load.running for load in seen.loads)
    waiting = sum(load.waiting for load in seen.loads) + seen.queued
    cache = sum(load.kv_cache_usage for load in seen.loads)
    return Load(running + waiting, cache * (1 + waiting / running) if running else cache)


def scale(seen: Seen, memory: Memory, scaling: Scaling, now: float) -> Scale:
    """What to do at `now`, in seconds since the epoch.

    More is asked for by the mean of a few seconds and fewer by that of a minute: else the peaks of
    a steady load would start replicas that have nothing to do when they are up, or hold them.
    """
    load = load_of(seen)
    memory = _smoothed(memory, load, now)
    least = least_at(scaling, now)
    current = min(seen.replicas, scaling.max_replicas)
    if current < least:
        return Scale(least, memory.calm())
    if current == 0:
        return Scale(_bounded(load.replicas(scaling), least, scaling), memory.calm())
    low = _bounded(memory.quick.replicas(scaling), least, scaling)
    if low > current:
        return _up(current, low, memory, scaling, now)
    slow = _bounded(memory.slow.replicas(scaling, scaling.down_share), least, scaling)
    # The last one goes by whether anybody asks, not by a mean that is long in coming down.
    asked = max(least, min(1, load.replicas(scaling)))
    high = asked if current == 1 else max(low, slow, asked)
    if high < current:
        return _down(current, high, memory, scaling, now)
    return Scale(current, memory.calm())


def _smoothed(memory: Memory, load: Load, now: float) -> Memory:
    if memory.at is None:
        return replace(memory, at=now, quick=load, slow=load)
    passed = max(0.0, now - memory.at)
    return replace(
        memory,
        at=now,
        quick=memory.quick.towards(load, 1 - math.exp(-passed / QUICK_S)),
        slow=memory.slow.towards(load, 1 - math.exp(-passed / SLOW_S)),
    )


def _bounded(replicas: int, least: int, scaling: Scaling) -> int:
    return max(least, min(replicas, scaling.max_replicas))


def _up(current: int, low: int, memory: Memory, scaling: Scaling, now: float) -> Scale:
    """Up to the least that was needed throughout."""
    since = now if memory.up_since is None else memory.up_since
    least = low if memory.up_since is None else min(low, memory.least)
    if now - since >= scaling.up_after_s:
        return Scale(least, memory.calm())
    return Scale(current, replace(memory.calm(), up_since=since, least=least))


def _down(current: int, high: int, memory: Memory, scaling: Scaling, now: float) -> Scale:
    """Down to the most that would have been needed; the last one only after no request at all."""
    since = now if memory.down_since is None else memory.down_since
    most = max(high, memory.most) if memory.down_since is not None else high
    waited = scaling.idle_after_s if current == 1 else scaling.down_after_s
    if now - since >= waited:
        return Scale(max(most, 1 if current > 1 else 0), memory.calm())
    return Scale(current, replace(memory.calm(), down_since=since, most=most))


def _ceil(value: float) -> int:
    """Rounded up, but not for the dust of floating point."""
    return math.ceil(value - 1e-9)


def resolved(scaling: Scaling, engine_requests: int) -> Scaling:
    """The same with `requests_each` said: three quarters of what an engine takes at once."""
    if scaling.requests_each is not None:
        return scaling
    return scaling.model_copy(update={"requests_each": max(1.0, 0.75 * engine_requests)})
