"""Several policies over the same traffic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from router.scaling.policy import DEFAULT_REQUESTS
from router.scaling.settings import Scaling
from router.simulation.outcome import Outcome, Promise, outcome
from router.simulation.policies import DEFAULT_TARGET, Fixed, Ours, Policy, RayServe
from router.simulation.replica import EngineModel
from router.simulation.trace import Arrival
from router.simulation.world import Standing, replay


@dataclass(frozen=True, slots=True)
class Study:
    """What is compared on what; `fixed` empty: our policy's mean, rounded up, and its maximum."""

    arrivals: Sequence[Arrival]
    engine: EngineModel
    scaling: Scaling
    promise: Promise = field(default_factory=Promise)
    fixed: tuple[int, ...] = ()
    epoch: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """One policy's figures and its replicas over time."""

    outcome: Outcome
    course: Sequence[Standing]


def compare(study: Study, say: Callable[[str], None]) -> tuple[Result, ...]:
    """Ours first, then Ray Serve's with our target and with its own, then fixed numbers."""
    ours = _one(study, Ours(study.scaling, study.epoch), say)
    others = (_one(study, policy, say) for policy in _others(study, ours.outcome))
    return (ours, *others)


def _others(study: Study, ours: Outcome) -> Iterator[Policy]:
    rules = study.scaling
    for target in (rules.requests_each or DEFAULT_REQUESTS, DEFAULT_TARGET):
        yield RayServe(rules.min_replicas, rules.max_replicas, target)
    mean = max(1, math.ceil(ours.mean_replicas))
    for replicas in study.fixed or sorted({mean, rules.max_replicas}):
        yield Fixed(replicas)


def _one(study: Study, policy: Policy, say: Callable[[str], None]) -> Result:
    say(f"replaying {len(study.arrivals)} requests: {policy.name}")
    played = replay(study.arrivals, policy, study.engine)
    return Result(outcome(played, study.promise), played.course)
