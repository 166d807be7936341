"""Nothing above a place's clearance reaches it, by any branch, failure, fallback or budget."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from router.plan_file import load_plan
from tests.property.noninterference.drawing import as_file, draw_plan
from tests.property.noninterference.fast_plan import plan_of
from tests.property.noninterference.probe import Tally, probe
from tests.property.noninterference.stage import LIBRARY, UNGUARDED

# Without a guard, every kind of place tells something among these.
SHORT = range(250, 500)
PART = 5_000
PARTS = 20
SEED = 1_000_000


def _holds(tally: Tally) -> None:
    assert tally.leaks == []
    assert tally.spoken == []
    assert tally.reached > tally.cases // 2


def _kinds_of_sinks(tally: Tally) -> set[str]:
    return {sink.split("/")[0] for _, sink in tally.leaks}


def test_runs_that_differ_above_a_clearance_look_the_same_below_it() -> None:
    unguarded = probe(SHORT, UNGUARDED)
    assert _kinds_of_sinks(unguarded) == {"sent", "read", "done"}
    assert len({seed for seed, _ in unguarded.leaks}) > len(SHORT) // 10
    _holds(probe(SHORT))


@pytest.mark.assurance
@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_thousand_pipelines_tell_nothing(part: int) -> None:
    seeds = range(SEED + part * PART, SEED + (part + 1) * PART)
    unguarded = probe(seeds[:400], UNGUARDED)
    assert _kinds_of_sinks(unguarded) == {"sent", "read", "done"}
    _holds(probe(seeds))


def test_drawn_plans_are_those_that_their_files_say() -> None:
    for seed in range(25):
        file = draw_plan(random.Random(seed))
        read = load_plan(as_file(file), LIBRARY)
        assert replace(read, digest="") == plan_of(file)
