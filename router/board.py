"""The state of one run: what was made, by whom, under which label. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from models.errors import PodiumError
from router.artifact import Artifact, derive
from router.decide import RouteDecision
from router.events import StepReport
from router.label import Label, join_all
from router.plan import INPUT, Path, Plan, Step
from router.pseudonyms.known import KnownValue
from router.pseudonyms.records import known_in
from router.steps.kind import Produced

_ENDED_BADLY = ("failed", "denied", "dropped", "refused")


@dataclass
class Board:
    """Filled in step by step; every step that ended has an artifact, empty when it made nothing."""

    plan: Plan
    inputs: Mapping[str, Artifact]
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    produced: dict[str, Produced] = field(default_factory=dict)
    reports: dict[str, StepReport] = field(default_factory=dict)
    errors: dict[str, PodiumError] = field(default_factory=dict)
    decisions: list[RouteDecision] = field(default_factory=list)
    told: dict[str, Label] = field(default_factory=dict)

    def lookup(self, path: Path) -> Any:
        """The value of a path, None where there is none."""
        value = self._artifact(path).value
        for part in path[2 if path[0] == INPUT else 1 :]:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def parents(self, paths: Iterable[Path]) -> tuple[Artifact, ...]:
        """The artifacts behind paths, each once."""
        found = {artifact.id: artifact for artifact in map(self._artifact, sorted(paths))}
        return tuple(found.values())

    def pc(self, step: Step) -> Label:
        """The label of what decides whether and when the step runs: conditions, and its `needs`."""
        waited = (self.artifacts[name].label for name in step.needs)
        chosen = (parent.label for parent in self.parents(step.control_paths()))
        return join_all([*waited, *chosen])

    def context(self, step: Step) -> Label:
        """The label of everything the step is given, and of what let it run."""
        given = self.parents(step.data_paths())
        return join_all([self.pc(step), *(parent.label for parent in given)])

    def tell(self, step: Step, label: Label) -> None:
        """Join in what a step is told from outside the run."""
        self.told[step.name] = self.told.get(step.name, Label()).join(label)

    def known(self, step: Step) -> Label:
        """The label of all a step was given or told by now."""
        return self.context(step).join(self.told.get(step.name, Label()))

    def personal(self, step: Step) -> Iterator[KnownValue]:
        """The values of the records that the step or one before it was given."""
        before = [one for name, one in self.artifacts.items() if self.depends(step.name, name)]
        for artifact in (*self.inputs.values(), *before):
            if "pii" in artifact.label.categories:
                yield from known_in(artifact.value, artifact.label)

    def put(self, step: Step, made: Produced, report: StepReport) -> StepReport:
        """Keep what a step made; the report with the label of it."""
        artifact = derive(
            step.name,
            step.use,
            made.value,
            producer=step.name,
            parents=self.parents(step.data_paths()),
            pc=self.pc(step),
            own=made.own.join(self.told.get(step.name, Label())),
        )
        self.artifacts[step.name] = artifact
        self.produced[step.name] = made
        labelled = self.reports[step.name] = replace(report, label=artifact.label)
        return labelled

    def depends(self, step: str, on: str) -> bool:
        """Whether a step reads, directly or not, what another makes."""
        before = self.plan.step(step).predecessors()
        return on in before or any(self.depends(name, on) for name in before)

    def spent_nano(self, told_to: Label | None = None) -> int:
        """What the models asked so far have cost, in nano-dollars.

        With `told_to`, as far as that label may know.

        Integrity does not count: what an answer cost is no instruction, whoever wrote it.
        """
        known = (
            self.produced[name]
            for name, report in self.reports.items()
            if told_to is None or told_to.covers(replace(report.label, integrity=told_to.integrity))
        )
        return sum(one.nano for one in known)

    def degraded(self) -> bool:
        """Whether anything is missing that was meant to be there."""
        return any(report.status in _ENDED_BADLY for report in self.reports.values())

    def _artifact(self, path: Path) -> Artifact:
        return self.inputs[path[1]] if path[0] == INPUT else self.artifacts[path[0]]
