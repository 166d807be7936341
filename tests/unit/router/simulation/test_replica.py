"""One replica against what can be worked out by hand."""

from __future__ import annotations

import pytest

from router.simulation.replica import EngineModel, Job, Replica
from router.simulation.trace import Arrival

ENGINE = EngineModel(
    prompt_rate=100, step_s=0.1, step_s_each=0.05, sequences=2, cache_tokens=1000, start_s=0
)


def through(replica: Replica, *jobs: Job) -> None:
    for job in jobs:
        list(replica.advance(job.arrival.at))
        replica.take(job, job.arrival.at)
    list(replica.advance(1e6))


def test_one_request_alone() -> None:
    job = Job(Arrival(10, 50, 11))
    through(Replica(ENGINE, 0, 0), job)
    assert job.first == pytest.approx(10.5)
    assert job.end == pytest.approx(10.5 + 10 * 0.15)


def test_two_share_the_steps() -> None:
    first, second = Job(Arrival(0, 100, 11)), Job(Arrival(0, 100, 11))
    through(Replica(ENGINE, 0, 0), first, second)
    # Read one after the other; a second alone, then together until the first has its ten.
    assert (first.first, second.first) == (pytest.approx(1), pytest.approx(2))
    alone = 1 / 0.15
    together = (10 - alone) * 0.2
    assert first.end == pytest.approx(2 + together)
    written = 10 - (10 - alone)
    assert second.end == pytest.approx(2 + together + written * 0.15)


def test_a_third_waits_for_a_sequence() -> None:
    jobs = [Job(Arrival(0, 100, 11)) for _ in range(3)]
    replica = Replica(ENGINE, 0, 0)
    for job in jobs:
        replica.take(job, 0)
    assert (replica.stats().running, replica.stats().waiting) == (2, 1)
    list(replica.advance(1e6))
    assert jobs[0].end is not None
    assert jobs[2].first == pytest.approx(jobs[0].end + 1)


def test_the_cache_holds_back_what_does_not_fit() -> None:
    jobs = [Job(Arrival(0, 600, 50)), Job(Arrival(0, 600, 50))]
    replica = Replica(ENGINE, 0, 0)
    for job in jobs:
        replica.take(job, 0)
    stats = replica.stats()
    assert (stats.running, stats.waiting, stats.kv_cache_usage) == (1, 1, 0.65)


def test_what_is_larger_than_the_cache_is_served_alone() -> None:
    job = Job(Arrival(0, 5000, 5))
    through(Replica(ENGINE, 0, 0), job)
    assert job.end is not None
