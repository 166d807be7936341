"""The rates of every key and tenant as one gateway counts them.

Several gateways share a limit out evenly, without asking anyone: together they never let through
more than the limit (or one a gateway, where the limit is smaller than their number), and refuse
early when the requests are spread unevenly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from models.errors import RateLimited
from router.key_limits import KeyLimits
from router.keys import Principal
from router.rate import SlidingWindow

REQUESTS = "requests"
TOKENS = "tokens"
_FIELDS = {REQUESTS: "rpm", TOKENS: "tpm"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a limit; `reset` is in seconds."""

    limit: int
    remaining: int
    reset: float


@dataclass(frozen=True, slots=True)
class Taken:
    """Tokens counted in advance, and where."""

    tokens: int = 0
    places: tuple[tuple[SlidingWindow, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Bound:
    kind: str
    whose: str
    limit: int
    share: int
    window: SlidingWindow


class RateBook:
    """Goes by a clock that nobody sets; not thread-safe."""

    def __init__(self, gateways: int = 1, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._gateways = gateways
        self._clock = clock
        self._windows: dict[tuple[str, str, str], SlidingWindow] = {}

    def admit(self, who: Principal) -> None:
        """Count one request; RateLimited when the key or its tenant has used up the minute.

        A refused request counts for nothing.
        """
        self._take(who, REQUESTS, 1)

    def take(self, who: Principal, tokens: int) -> Taken:
        """Count the tokens that a call may use at most; RateLimited as for requests.

        A call larger than the whole limit is let through when nothing else counts.
        """
        return self._take(who, TOKENS, tokens)

    def settle(self, taken: Taken, tokens: int) -> None:
        """Count what the call did use in place of what it might have."""
        now = self._clock()
        for window, second in taken.places:
            window.correct(second, taken.tokens, tokens, now)

    def standing(self, who: Principal, kind: str) -> Standing | None:
        """The tightest of the limits of this kind, None when there is none.

        With several gateways this is what one of them sees, taken for all.
        """
        now = self._clock()
        found = [self._standing(bound, now) for bound in self._bounds(who, kind)]
        return min(found, key=lambda one: one.remaining, default=None)

    def _standing(self, bound: _Bound, now: float) -> Standing:
        free = max(bound.share - bound.window.used(now), 0) * self._gateways
        return Standing(bound.limit, min(free, bound.limit), bound.window.reset(now))

    def _take(self, who: Principal, kind: str, amount: int) -> Taken:
        now = self._clock()
        bounds = tuple(self._bounds(who, kind))
        for bound in bounds:
            wait = bound.window.wait(amount, bound.share, now)
            if wait > 0:
                raise _refusal(bound, amount, wait)
        return Taken(amount, tuple((one.window, one.window.add(amount, now)) for one in bounds))

    def _bounds(self, who: Principal, kind: str) -> Iterator[_Bound]:
        for key_id, limits in ((who.key_id, who.limits), ("", who.tenant_limits)):
            limit = _limit(limits, kind)
            if limit is not None:
                name = (who.tenant, key_id, kind)
                window = self._windows.setdefault(name, SlidingWindow())
                whose = "this key" if key_id else f"the tenant '{who.tenant}'"
                yield _Bound(kind, whose, limit, max(1, limit // self._gateways), window)


def _limit(limits: KeyLimits, kind: str) -> int | None:
    return limits.rpm if kind == REQUESTS else limits.tpm


def _refusal(bound: _Bound, amount: int, wait: float) -> RateLimited:
    asked = "" if bound.kind == REQUESTS else f", and this call may take {amount}"
    return RateLimited(
        f"The limit of {bound.limit} {bound.kind} a minute of {bound.whose} is used up"
        f"{asked}; try again after the seconds that retry-after tells.",
        param=_FIELDS[bound.kind],
        retry_after=wait,
    )
