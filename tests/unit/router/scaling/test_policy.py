"""When a model gets one more replica and when one less."""

from __future__ import annotations

import pytest

from models.local.engine_stats import EngineStats
from router.scaling.policy import Load, Memory, Seen, load_of, resolved, scale
from router.scaling.settings import Scaling, WarmHours

RULES = Scaling(
    min_replicas=1, max_replicas=8, requests_each=10, up_after_s=4, down_after_s=600, down_share=0.5
)
IDLE = EngineStats()


def busy(running: int, waiting: int = 0, cache: float = 0.0) -> EngineStats:
    return EngineStats(running=running, waiting=waiting, kv_cache_usage=cache)


@pytest.mark.parametrize(
    ("loads", "queued", "replicas"),
    [
        ([], 0, 0),
        ([], 0.4, 0),
        ([], 1, 1),
        ([busy(10)], 0, 1),
        ([busy(10, 1)], 0, 2),
        ([busy(10), busy(10)], 5, 3),
        # Requests wait because the cache is full: they want as much of it as those that run.
        ([busy(4, 4, 0.8)], 0, 2),
        ([busy(4, 12, 0.8)], 0, 4),
        ([busy(1, 0, 0.9)], 0, 2),
    ],
)
def test_needed_counts_requests_and_cache(
    loads: list[EngineStats], queued: float, replicas: int
) -> None:
    assert load_of(Seen(loads, queued, 1)).replicas(RULES) == replicas


def test_up_after_a_moment_by_what_was_needed_throughout() -> None:
    first = scale(Seen([busy(30)], 0, 1), Memory(), RULES, 100)
    assert (first.replicas, first.memory.up_since) == (1, 100)
    second = scale(Seen([busy(0)], 0, 1), first.memory, RULES, 103)
    third = scale(Seen([busy(60)], 0, 1), second.memory, RULES, 104)
    # The mean of some seconds was 30, 22 and 26.
    assert (second.replicas, third.replicas) == (1, 3)


def test_a_peak_shorter_than_the_moment_changes_nothing() -> None:
    result = scale(Seen([busy(3)], 0, 1), Memory(), RULES, 100)
    for second, requests in enumerate((30, 30, 3, 3, 3, 3, 30, 3, 3, 3), start=101):
        result = scale(Seen([busy(requests)], 0, 1), result.memory, RULES, second)
        assert (result.replicas, result.memory.up_since) == (1, None)
    told = []
    for second in range(111, 125):
        result = scale(Seen([busy(30)], 0, 1), result.memory, RULES, second)
        told.append(result.replicas)
    assert max(told) > 1


def test_down_slowly_and_to_what_was_enough_throughout() -> None:
    seen = scale(Seen([busy(1)] * 6, 0, 6), Memory(), RULES, 0)
    peak = scale(Seen([busy(3)] * 6, 0, 6), seen.memory, RULES, 300)
    still = scale(Seen([busy(1)] * 6, 0, 6), peak.memory, RULES, 599)
    down = scale(Seen([busy(1)] * 6, 0, 6), still.memory, RULES, 600)
    assert [one.replicas for one in (seen, peak, still, down)] == [6, 6, 6, 4]


def test_a_peak_that_is_over_at_once_is_not_counted_among_the_needs() -> None:
    seen = scale(Seen([busy(1)] * 6, 0, 6), Memory(), RULES, 0)
    peak = scale(Seen([busy(7)] * 6, 0, 6), seen.memory, RULES, 1)
    assert (peak.memory.slow.requests, peak.memory.most) == (pytest.approx(6.6, abs=0.01), 2)
    down = scale(Seen([busy(1)] * 6, 0, 6), peak.memory, RULES, 600)
    assert down.replicas == 2


def test_the_mean_follows_the_load() -> None:
    assert Load(10, 1).towards(Load(20, 2), 0.25) == Load(12.5, 1.25)


def test_a_load_between_the_two_marks_moves_nothing() -> None:
    # Two replicas are needed at 10 each, and would be three or four at 5 each.
    for requests in (11, 15, 20):
        result = scale(Seen([busy(requests)], 0, 3), Memory(down_since=0), RULES, 10_000)
        assert (result.replicas, result.memory.down_since) == (3, None)


def test_the_last_one_goes_only_where_it_may_and_after_no_request_at_all() -> None:
    stays = scale(Seen([IDLE], 0, 1), Memory(down_since=0), RULES, 1e6)
    assert stays.replicas == 1
    sleeps = RULES.model_copy(update={"min_replicas": 0})
    early = scale(Seen([IDLE], 0, 1), Memory(down_since=0), sleeps, 899)
    late = scale(Seen([IDLE], 0, 1), Memory(down_since=0), sleeps, 900)
    asked = scale(Seen([busy(1)], 0, 1), Memory(down_since=0), sleeps, 900)
    assert (early.replicas, late.replicas, asked.replicas) == (1, 0, 1)
    assert asked.memory.down_since is None


def test_from_many_it_goes_to_one_before_none() -> None:
    sleeps = RULES.model_copy(update={"min_replicas": 0})
    assert scale(Seen([IDLE] * 3, 0, 3), Memory(down_since=0), sleeps, 1e6).replicas == 1


def test_one_who_asks_a_sleeping_model_wakes_it_at_once() -> None:
    sleeps = RULES.model_copy(update={"min_replicas": 0})
    assert scale(Seen([], 0, 0), Memory(), sleeps, 0).replicas == 0
    assert scale(Seen([], 25, 0), Memory(), sleeps, 0).replicas == 3


def test_warm_hours_hold_at_once_and_end() -> None:
    rules = Scaling(
        min_replicas=0, max_replicas=4,
        warm=(WarmHours(replicas=3, start="08:00", end="18:00", days=("mon",)),),
        timezone="Europe/Paris", down_after_s=0,
    )  # fmt: skip
    monday_eight = 1_796_022_000  # 2026-11-30 08:00 in Paris
    nobody = Seen([], 0, 0)
    assert scale(nobody, Memory(), rules, monday_eight - 1).replicas == 0
    assert scale(nobody, Memory(), rules, monday_eight).replicas == 3
    assert scale(nobody, Memory(), rules, monday_eight + 86_400).replicas == 0
    three = Seen([IDLE] * 3, 0, 3)
    assert scale(three, Memory(down_since=0), rules, monday_eight + 3600).replicas == 3
    assert scale(three, Memory(down_since=0), rules, monday_eight + 10 * 3600).replicas == 1


def test_hours_over_midnight_belong_to_the_day_they_began_on() -> None:
    rules = Scaling(
        min_replicas=0, max_replicas=2,
        warm=(WarmHours(replicas=1, start="22:00", end="06:00", days=("sun",)),),
    )  # fmt: skip
    sunday = 1_795_910_400  # 2026-11-29 00:00 UTC
    nobody = Seen([], 0, 0)
    at = {hour: scale(nobody, Memory(), rules, sunday + hour * 3600).replicas
          for hour in (5, 21, 22, 29, 30, 46)}  # fmt: skip
    assert at == {5: 0, 21: 0, 22: 1, 29: 1, 30: 0, 46: 0}


def test_what_is_not_said_comes_from_the_engine() -> None:
    assert resolved(Scaling(), 32).requests_each == 24
    assert resolved(Scaling(requests_each=3), 32).requests_each == 3


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"min_replicas": 3, "max_replicas": 2}, "more than max_replicas"),
        ({"max_replicas": 2, "warm": [{"replicas": 3}]}, "warm asks for more"),
        ({"timezone": "Europe/Nowhere"}, "no time zone"),
        ({"warm": [{"replicas": 1, "start": "8:00"}]}, "start"),
        ({"scale": 1}, "scale"),
    ],
)
def test_what_cannot_be_is_refused(values: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        Scaling.model_validate(values)


def test_the_last_one_waits_for_no_mean_to_come_down() -> None:
    sleeps = RULES.model_copy(update={"min_replicas": 0})
    result = scale(Seen([busy(9)], 0, 1), Memory(), sleeps, 0)
    for second in (2, 450, 903):
        result = scale(Seen([IDLE], 0, 1), result.memory, sleeps, second)
    assert result.replicas == 0
