"""Resilience by rule: legal transitions, no call over a limit, no try too many or too late."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from models.resilience_breaker import Breaker, BreakerRules, Phase
from models.resilience_hedge import SHARE, HedgeBudget
from models.resilience_limits import LearntBucket, Reading
from models.resilience_retry import Failure, RetryRules, retry_wait

RULES = BreakerRules(failures=3, open_s=5.0, longest_s=40.0)
LEGAL = {("closed", "open"), ("open", "half_open"), ("half_open", "closed"), ("half_open", "open")}


class Breaking(RuleBasedStateMachine):
    """Calls begin and end in any order; the model beside it counts what may pass."""

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(RULES)
        self.now, self.under_way, self.in_a_row = 100.0, 0, 0
        self.seen: Phase = "closed"
        self.spans: list[float] = []

    def step(self) -> None:
        after = self.breaker.phase
        if after != self.seen:
            assert (self.seen, after) in LEGAL
            if after == "open":
                self.spans.append(self.breaker.until - self.now)
            if after == "closed":
                self.spans.clear()
        self.seen = after

    @rule()
    def take(self) -> None:
        blocked = self.breaker.blocked(self.now)
        before = (self.breaker.phase, self.breaker.until)
        assert self.breaker.take(self.now) == (blocked == 0.0)
        if before[0] == "open" and self.now < before[1]:
            assert blocked > 0.0
        if blocked == 0.0:
            self.under_way += 1
        self.step()

    @precondition(lambda self: self.under_way)
    @rule()
    def succeed(self) -> None:
        was_open = self.breaker.phase == "open"
        self.under_way, self.in_a_row = self.under_way - 1, 0
        self.breaker.succeeded()
        assert self.breaker.phase == ("open" if was_open else "closed")
        self.step()

    @precondition(lambda self: self.under_way)
    @rule(final=st.booleans(), wait=st.sampled_from([0.0, 30.0, 1e9]))
    def fail(self, final: bool, wait: float) -> None:
        self.under_way -= 1
        before = self.breaker.phase
        self.breaker.failed(self.now, "failed", final=final, wait=wait)
        if before == "half_open" or (final and before == "closed"):
            assert self.breaker.phase == "open"
        self.step()

    @precondition(lambda self: self.under_way)
    @rule()
    def give_up(self) -> None:
        self.under_way -= 1
        before = self.breaker.phase
        self.breaker.gave_up()
        assert self.breaker.phase == before
        self.step()

    @rule(seconds=st.sampled_from([0.0, 1.0, 5.0, 200.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def no_span_is_too_long(self) -> None:
        assert all(0 < span <= RULES.longest_s for span in self.spans)


TestBreaking = Breaking.TestCase


def test_open_spans_double_up_to_the_longest() -> None:
    breaker, now, spans = Breaker(RULES), 0.0, []
    for _ in range(3):
        assert breaker.take(now)
        breaker.failed(now, "failed")
    for _ in range(6):
        spans.append(breaker.until - now)
        now = breaker.until
        assert breaker.take(now)
        assert not breaker.take(now), "one probe at a time"
        breaker.failed(now, "failed")
    assert spans == [5.0, 10.0, 20.0, 40.0, 40.0, 40.0]


@given(st.lists(st.sampled_from(["call", "hedge"]), max_size=400))
def test_hedges_never_pass_their_share(moves: list[str]) -> None:
    budget, granted = HedgeBudget(), 0
    for move in moves:
        if move == "call":
            budget.called()
        elif budget.take():
            granted += 1
        assert budget.hedges == granted <= SHARE * budget.calls
    for _ in range(20):
        budget.called()
    assert budget.take(), "the budget is not simply zero"


@given(
    failure=st.sampled_from(["never_left", "refused", "unknown"]),
    tried=st.integers(1, 5),
    remaining=st.floats(0, 100),
    told=st.none() | st.floats(0, 100),
    chance=st.floats(0, 1, exclude_max=True),
    idempotent=st.booleans(),
)
def test_a_retry_is_rare_late_enough_and_in_time(
    failure: Failure,
    tried: int,
    remaining: float,
    told: float | None,
    chance: float,
    idempotent: bool,
) -> None:
    rules = RetryRules()
    wait = retry_wait(
        rules, failure, tried=tried, remaining=remaining, told=told, chance=chance,
        idempotent=idempotent,
    )  # fmt: skip
    if wait is not None:
        assert wait < remaining
        assert wait >= (told or 0.0)
        assert wait <= rules.longest_s
        assert tried <= rules.again
        assert failure == "never_left" or (failure == "refused" and idempotent)


@pytest.mark.parametrize(("failure", "idempotent"), [("never_left", False), ("refused", True)])
def test_there_are_retries(failure: Failure, idempotent: bool) -> None:
    waits = [
        retry_wait(
            RetryRules(), failure, tried=n, remaining=60, told=None, chance=0.5,
            idempotent=idempotent,
        )
        for n in (1, 2, 3)
    ]  # fmt: skip
    assert waits[:2] == [0.1875, 0.375]
    assert waits[2] is None


@given(
    calls=st.lists(st.tuples(st.integers(1, 40), st.floats(0, 2)), min_size=1, max_size=60),
    limit=st.integers(1, 100),
    window=st.floats(1, 60),
)
def test_a_learnt_limit_is_kept_before_it_is_hit(
    calls: list[tuple[int, float]], limit: int, window: float
) -> None:
    """A provider with a bucket of its own never has to refuse, once it told its size."""
    bucket = LearntBucket()
    now, level, at = 0.0, float(limit), 0.0
    speed = limit / window
    for number, (size, pause) in enumerate(calls):
        now += pause
        amount = min(size, limit)
        wait = bucket.wait(amount, now)
        if number:
            now += wait
            assert bucket.wait(amount, now) < 1e-6
        level, at = min(limit, level + speed * (now - at)), now
        if number:
            assert level - amount >= -1e-3, "the provider would have refused this one"
        level = max(0.0, level - amount)
        bucket.take(amount, now)
        reset = (limit - level) / speed
        bucket.read(Reading(limit, level, reset), now, amount)
        bucket.give_back(amount)
