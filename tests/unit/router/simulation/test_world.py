"""Replays against queueing theory and against what can be counted."""

from __future__ import annotations

import random

import pytest

from router.scaling.settings import Scaling
from router.simulation.outcome import Promise, outcome
from router.simulation.patterns import Traffic, arrivals
from router.simulation.policies import Fixed, Ours, Policy, RayServe
from router.simulation.replica import EngineModel
from router.simulation.trace import Arrival
from router.simulation.world import replay

SMALL = EngineModel(sequences=4, cache_tokens=4000, start_s=30)
RULES = Scaling(min_replicas=0, max_replicas=4, requests_each=3, down_after_s=60, idle_after_s=90)


def poisson(rate: float, count: int, seed: int = 3) -> list[float]:
    rng, at, times = random.Random(seed), 0.0, []
    for _ in range(count):
        at += rng.expovariate(rate)
        times.append(at)
    return times


def test_a_single_server_is_an_m_m_1_queue() -> None:
    """Mean time in the system is 1 / (mu - lambda): 2.5 s at mu = 1 and lambda = 0.6."""
    rng = random.Random(5)
    # One sequence, one token: only the prompt takes time, exponentially distributed.
    engine = EngineModel(prompt_rate=1000, step_s=1e-9, step_s_each=0, sequences=1, start_s=0)
    trace = [
        Arrival(at, max(1, round(rng.expovariate(1 / 1000))), 1) for at in poisson(0.6, 40_000)
    ]
    jobs = replay(trace, Fixed(1), engine).jobs
    times = [job.end - job.arrival.at for job in jobs if job.end is not None]
    assert sum(times) / len(times) == pytest.approx(2.5, rel=0.1)


def test_two_servers_are_an_m_d_2_queue_that_waits_less_than_one_twice_as_loaded() -> None:
    engine = EngineModel(prompt_rate=1000, step_s=1e-9, step_s_each=0, sequences=1, start_s=0)
    trace = [Arrival(at, 1000, 1) for at in poisson(0.8, 5_000)]
    one, two = (outcome(replay(trace, Fixed(n), engine), Promise()) for n in (1, 2))
    # M/D/1 at 0.8: 1 + 0.8 / (2 * 0.2) = 3 s in the system on average.
    jobs = replay(trace, Fixed(1), engine).jobs
    mean = sum(job.end - job.arrival.at for job in jobs if job.end is not None) / len(jobs)
    assert mean == pytest.approx(3.0, rel=0.15)
    assert two.end.p95 < one.end.p95
    assert two.first.p50 == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("policy", [Fixed(2), Ours(RULES), RayServe(0, 4, target=3)])
def test_every_request_is_answered_once_and_in_order_of_its_times(policy: Policy) -> None:
    trace = list(arrivals(Traffic("burst", rate=0.5, hours=1)))
    result = replay(trace, policy, SMALL)
    assert [job.arrival for job in result.jobs] == trace
    for job in result.jobs:
        assert job.first is not None
        assert job.end is not None
        assert job.arrival.at < job.first <= job.end
    assert outcome(result, Promise()).requests == len(trace)


def test_a_fixed_number_costs_its_number_times_the_time() -> None:
    trace = list(arrivals(Traffic("flat", rate=0.2, hours=1)))
    result = replay(trace, Fixed(3), SMALL)
    end = max(job.end or 0 for job in result.jobs)
    assert 3 * end <= result.replica_seconds <= 3 * (end + 2)
    assert outcome(result, Promise()).changes == 0


def test_a_model_that_sleeps_costs_nothing_meanwhile_and_its_start_for_who_wakes_it() -> None:
    trace = [Arrival(0, 100, 10), Arrival(3600, 100, 10)]
    result = replay(trace, Ours(RULES), SMALL)
    assert result.jobs[0].first is not None
    assert result.jobs[0].first < 1
    second = result.jobs[1]
    assert second.first is not None
    assert second.first - 3600 == pytest.approx(SMALL.start_s, abs=3)
    assert result.replica_seconds < 200
    kept = replay(trace, Ours(RULES.model_copy(update={"min_replicas": 1})), SMALL)
    assert kept.replica_seconds >= 3600


def test_the_same_seed_is_the_same_replay_and_another_is_not() -> None:
    def run(seed: int) -> object:
        trace = list(arrivals(Traffic("day", rate=0.2, hours=2, seed=seed)))
        return outcome(replay(trace, Ours(RULES), SMALL), Promise())

    assert run(1) == run(1)
    assert run(1) != run(2)


def test_more_load_gets_more_replicas_and_they_go_again() -> None:
    trace = list(arrivals(Traffic("burst", rate=1.0, hours=2)))
    told = outcome(replay(trace, Ours(RULES), SMALL), Promise())
    assert told.most_replicas > 1
    assert told.mean_replicas < told.most_replicas
