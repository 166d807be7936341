"""The probe: two runs that differ only above a place's clearance, compared where it looks."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from router.plan import Plan
from router.policy import Policy
from tests.property.noninterference.drawing import draw_plan
from tests.property.noninterference.facts import Facts, changed, draw_facts
from tests.property.noninterference.fast_plan import plan_of
from tests.property.noninterference.sinks import ACTED, BLIND, TARGETS, Seen, run
from tests.property.noninterference.stage import GUARDED

METRICS_EVERY = 50
_SOBER = ("sent/strict", "read/sober", ACTED)


@dataclass(frozen=True, slots=True)
class Case:
    """A plan, and two sets of facts that differ only above `target`."""

    seed: int
    plan: Plan
    target: str
    facts: tuple[Facts, Facts]

    def look(self, policy: Policy) -> tuple[Seen, Seen]:
        """What both runs leave behind."""
        metrics = self.seed % METRICS_EVERY == 0
        first, second = self.facts
        return (
            run(self.plan, first, self.seed, policy, metrics=metrics),
            run(self.plan, second, self.seed, policy, metrics=metrics),
        )


@dataclass
class Tally:
    """What was found over many cases; `reached` counts cases in which a blind sink saw anything."""

    cases: int = 0
    reached: int = 0
    leaks: list[tuple[int, str]] = field(default_factory=list)
    spoken: list[int] = field(default_factory=list)


def draw(seed: int) -> Case:
    """The case of a seed."""
    rng = random.Random(seed)
    file = draw_plan(rng)
    target = rng.choice((*TARGETS, ACTED, ACTED))
    if target in _SOBER:
        # What was spent is told regardless of integrity; see Board.spent_usd.
        file["budget"].pop("usd", None)
    plan = plan_of(file)
    facts = draw_facts(rng)
    own = target.removeprefix("sent/")
    return Case(seed, plan, target, (facts, changed(facts, TARGETS[target], own, rng)))


def differences(case: Case, seen: tuple[Seen, Seen]) -> tuple[str, ...]:
    """The sinks that tell the two runs apart and must not."""
    first, second = seen
    return tuple(name for name in BLIND[case.target] if first.sinks[name] != second.sinks[name])


def probe(seeds: Iterable[int], policy: Policy = GUARDED) -> Tally:
    """Draw a case for every seed and compare."""
    tally = Tally()
    for seed in seeds:
        case = draw(seed)
        seen = case.look(policy)
        tally.cases += 1
        tally.reached += any(seen[0].sinks[name] for name in BLIND[case.target])
        tally.leaks += [(seed, name) for name in differences(case, seen)]
        for facts, one in zip(case.facts, seen, strict=True):
            if any(word in one.told for word in facts.words()):
                tally.spoken.append(seed)
    return tally
