"""A table of cases that a policy must decide as written: the test of a policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from models import strict_yaml
from models.errors import InvalidConfig
from router.decide import Card
from router.detect.look import look
from router.label import Label, join_all
from router.planner import VIRTUAL
from router.policy import Policy
from router.policy_question import Answer, ask_action, ask_choice, ask_model, ask_sink
from router.policy_rows import Name, RaiseRow, Row

MAX_BYTES = 1_000_000
Expected = Literal["allowed", "denied", "needs_approval"]


class CaseLabelRow(RaiseRow):
    """Label components that join in; what is left out is the least."""

    regions: list[Name] | None = None
    tenants: list[Name] = Field(default_factory=list)

    def label(self) -> Label:
        """The label this row writes down."""
        regions = None if self.regions is None else frozenset(self.regions)
        tenants = Label(tenants=frozenset(self.tenants), regions=regions)
        return super().label().join(tenants)


class CaseRow(Row):
    """One case: data by its sources and label, where it is to go, and what must come of it.

    `text` is read by the detectors as one that comes from each of the sources.
    """

    source: str | list[str] = Field(default_factory=list)
    label: CaseLabelRow = CaseLabelRow()
    text: str = ""
    spoken: bool = False
    model: str | None = None
    sink: str | None = None
    action: str | None = None
    expect: Expected
    rule: str | None = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if sum(one is not None for one in (self.model, self.sink, self.action)) != 1:
            raise ValueError("exactly one of model, sink and action is needed")
        if not self.source and self.label == CaseLabelRow():
            raise ValueError("source or label is needed")
        return self


class CasesFile(Row):
    """The fields of a table of cases."""

    cases: Annotated[list[CaseRow], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case; `number` counts from 1 in the file."""

    number: int
    case: CaseRow
    answer: Answer

    @property
    def got(self) -> Expected:
        """What the policy decided, in the words of the table."""
        if self.answer.decision == "needs_approval":
            return "needs_approval"
        return "allowed" if self.answer.allowed else "denied"

    @property
    def ok(self) -> bool:
        """Whether decision and rule, where one is written, are as expected."""
        rule = self.case.rule
        return self.got == self.case.expect and (rule is None or rule == self.answer.rule)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for a report."""
        return {
            "case": self.number,
            "expected": self.case.expect,
            "expected_rule": self.case.rule,
            "got": self.got,
            "rule": self.answer.rule,
        }


def load_cases(text: bytes, source: str) -> tuple[CaseRow, ...]:
    """The cases in a file's text; raises InvalidConfig naming the field at fault."""
    return tuple(
        strict_yaml.parse(CasesFile, strict_yaml.load(text, source, MAX_BYTES), source).cases
    )


def run_cases(
    cases: Iterable[CaseRow], policy: Policy, cards: Iterable[Card]
) -> tuple[Outcome, ...]:
    """What the policy makes of each case; raises InvalidConfig for a model nobody knows."""
    known = {card.id: card for card in cards}
    return tuple(
        Outcome(number, case, _answer(number, case, policy, known))
        for number, case in enumerate(cases, 1)
    )


def _answer(number: int, case: CaseRow, policy: Policy, known: Mapping[str, Card]) -> Answer:
    names = [case.source] if isinstance(case.source, str) else case.source
    seen = look(case.text, case.spoken)
    raised = (policy.raises(name).label(seen) for name in names or (None,))
    label = join_all([case.label.label(), *map(policy.source, names), *raised])
    if case.sink is not None:
        return ask_sink(policy, case.sink, label)
    if case.action is not None:
        return ask_action(policy, case.action, label)
    model = case.model or ""
    if model in VIRTUAL:
        return ask_choice(policy, model, known.values(), label)
    if model not in known:
        field = f"cases.{number - 1}.model"
        raise InvalidConfig(f"case {number}: there is no model {model}.", param=field)
    return ask_model(policy, known[model], label)
