"""The traffic to providers: breakers and learnt limits, in the one process that sees all of it.

Pure but for its clocks; `deployments.egress` holds one, so that all gateways share it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from models.catalog import ModelCard
from models.errors import (
    DeadlineExceeded,
    GateJustOpened,
    ModelUnavailable,
    Overloaded,
    PodiumError,
)
from models.remote.provider_errors import Answered, NeverSent
from models.resilience_breaker import Breaker, BreakerRules
from models.resilience_limits import LearntLimits

# Statuses that trying again can't mend: the key, the account, the address or the model is wrong.
_FINAL = frozenset({401, 402, 403, 404, 410})
# A caller in a hurry says nothing of a provider; one that waited this long does.
_SLOW_S = 20.0

Reason = Literal["breaker", "limit"]


class HeldBack(Overloaded):
    """A model outside is not asked now: its provider fails, or said to wait; nothing left."""


@dataclass(frozen=True, slots=True)
class Held:
    """Why a model is not asked, and for how many seconds more."""

    reason: Reason
    seconds: float
    detail: str


@dataclass(slots=True)
class _Lane:
    card: ModelCard
    breaker: Breaker
    provider: Breaker
    limits: LearntLimits = field(default_factory=LearntLimits)


@dataclass(frozen=True, slots=True)
class Passing:
    """One call under way; hand it back to `ended`."""

    model: str
    tokens: int
    began: float


class Traffic:
    """Lets calls pass or holds them back; every call that passes must be ended."""

    def __init__(
        self,
        cards: Iterable[ModelCard],
        rules: BreakerRules | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
    ) -> None:
        rules = rules or BreakerRules()
        self._clock, self._today = clock, today
        providers: dict[str, Breaker] = {}
        self._lanes = {
            card.id: _Lane(card, Breaker(rules), providers.setdefault(card.site, Breaker(rules)))
            for card in cards
        }

    def held(self, model: str, tokens: int = 0) -> Held | None:
        """Why the model would not be asked now, None when it would."""
        lane, now = self._lanes[model], self._clock()
        for breaker, whose in ((lane.provider, lane.card.site), (lane.breaker, model)):
            wait = breaker.blocked(now)
            if wait > 0.0:
                return Held("breaker", wait, f"{whose} {breaker.reason or 'is being tried'}")
        wait = lane.limits.wait(tokens, now)
        if wait > 0.0:
            return Held("limit", wait, f"{lane.card.site}'s rate limit is reached")
        return None

    def begin(self, model: str, tokens: int) -> Passing:
        """Let a call of so many tokens pass, or raise HeldBack; then nothing may leave."""
        held = self.held(model, tokens)
        if held is not None:
            raise HeldBack(
                f"'{model}' is not asked now: {held.detail}. Try again later, or name a fallback.",
                retry_after=held.seconds,
            )
        lane, now = self._lanes[model], self._clock()
        lane.provider.take(now)
        lane.breaker.take(now)
        lane.limits.take(tokens, now)
        return Passing(model, tokens, now)

    def answered(self, passing: Passing, status: int, headers: Mapping[str, str]) -> None:
        """The provider's answer begins: learn its limits."""
        lane = self._lanes[passing.model]
        lane.limits.read(status, headers, self._clock(), self._today(), own=passing.tokens)

    def ended(self, passing: Passing, error: BaseException | None) -> None:
        """The call is over, well or not."""
        lane, now = self._lanes[passing.model], self._clock()
        lane.limits.give_back(passing.tokens)
        if error is None:
            lane.provider.succeeded()
            lane.breaker.succeeded()
        elif isinstance(error, PodiumError) and not isinstance(error, GateJustOpened):
            self._failed(lane, passing, error, now)
        else:
            lane.provider.gave_up()
            lane.breaker.gave_up()

    def _failed(self, lane: _Lane, passing: Passing, error: PodiumError, now: float) -> None:
        if isinstance(error, NeverSent):
            lane.breaker.gave_up()
            lane.provider.failed(now, "can't be reached")
            return
        status = error.__cause__.status if isinstance(error.__cause__, Answered) else None
        if status is not None:
            lane.provider.succeeded()
        else:
            lane.provider.gave_up()
        if isinstance(error, Overloaded):
            lane.limits.hold(error.retry_after or 1.0, now)
            lane.breaker.gave_up()
        elif isinstance(error, ModelUnavailable) or self._was_late(error, passing, now):
            wait = error.retry_after or 0.0
            what = f"failed ({status})" if status and status != 200 else "broke off or was silent"
            lane.breaker.failed(now, what, final=status in _FINAL, wait=wait)
        elif status is not None:
            lane.breaker.succeeded()
        else:
            lane.breaker.gave_up()

    @staticmethod
    def _was_late(error: PodiumError, passing: Passing, now: float) -> bool:
        """Whether the provider gave up by its own clock, or had time enough by ours."""
        told = isinstance(error.__cause__, Answered)
        late = told or now - passing.began >= _SLOW_S
        return isinstance(error, DeadlineExceeded) and late
