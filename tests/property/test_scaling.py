"""Laws of scaling, over loads of any course."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from models.local.engine_stats import EngineStats
from router.scaling.policy import Memory, Seen, load_of, scale
from router.scaling.settings import Scaling

RULES = st.builds(
    Scaling,
    min_replicas=st.integers(0, 2),
    max_replicas=st.integers(2, 12),
    requests_each=st.floats(1, 40),
    kv_cache_each=st.floats(0.1, 1),
    up_after_s=st.floats(0, 20),
    down_after_s=st.floats(30, 900),
    down_share=st.floats(0.3, 0.95),
    idle_after_s=st.floats(30, 900),
)
LOADS = st.builds(
    EngineStats,
    running=st.integers(0, 60),
    waiting=st.integers(0, 60),
    kv_cache_usage=st.floats(0, 1),
)
LOOKS = st.tuples(st.floats(0.1, 60), LOADS, st.integers(0, 40))
COURSE = st.lists(LOOKS, min_size=1, max_size=80)


def follow(
    rules: Scaling, course: list[tuple[float, EngineStats, int]], replicas: int
) -> list[tuple[float, int, int]]:
    """(when, replicas, requests) of each look."""
    now, memory = 1_000_000.0, Memory()
    told = [(now, replicas, 0)]
    for gap, load, queued in course:
        now += gap
        result = scale(Seen([load], queued, replicas), memory, rules, now)
        replicas, memory = result.replicas, result.memory
        told.append((now, replicas, load.running + load.waiting + queued))
    return told


@given(RULES, COURSE, st.integers(0, 12))
def test_it_stays_in_its_bounds(
    rules: Scaling, course: list[tuple[float, EngineStats, int]], start: int
) -> None:
    for _, replicas, _ in follow(rules, course, start)[1:]:
        assert rules.min_replicas <= replicas <= rules.max_replicas


@given(RULES, COURSE, st.integers(0, 12))
def test_nothing_goes_down_soon_after_it_went_up(
    rules: Scaling, course: list[tuple[float, EngineStats, int]], start: int
) -> None:
    told = follow(rules, course, min(start, rules.max_replicas))
    ups = [after[0] for before, after in pairwise(told) if after[1] > before[1]]
    for before, after in pairwise(told):
        if after[1] < before[1]:
            waited = rules.idle_after_s if before[1] == 1 else rules.down_after_s
            assert all(not 0 <= after[0] - up < waited for up in ups)


@given(RULES, COURSE, st.integers(0, 12))
def test_nobody_who_asks_finds_the_last_replica_taken(
    rules: Scaling, course: list[tuple[float, EngineStats, int]], start: int
) -> None:
    for _, replicas, requests in follow(rules, course, min(start, rules.max_replicas))[1:]:
        assert replicas > 0 or requests == 0


@given(RULES, LOADS, st.integers(0, 40), st.integers(0, 12))
def test_a_steady_load_comes_to_rest_where_it_is_served(
    rules: Scaling, load: EngineStats, queued: int, start: int
) -> None:
    course = [(10.0, load, queued)] * 400
    told = [replicas for _, replicas, _ in follow(rules, course, min(start, rules.max_replicas))]
    last = told[-1]
    assert set(told[-100:]) == {last}
    wanted = load_of(Seen([load], queued, last))
    low = min(wanted.replicas(rules), rules.max_replicas)
    high = min(wanted.replicas(rules, rules.down_share), rules.max_replicas)
    assert max(low, rules.min_replicas) <= last <= max(high, rules.min_replicas)


@given(RULES, LOADS, st.integers(0, 40))
def test_more_load_never_needs_less(rules: Scaling, load: EngineStats, queued: int) -> None:
    one = load_of(Seen([load], queued, 1))
    more = load_of(Seen([load], queued + 1, 1))
    assert more.replicas(rules) >= one.replicas(rules)
    assert one.replicas(rules, rules.down_share) >= one.replicas(rules)
