"""Checking a plan as a whole: kinds, references, fields, cycles; and its topological order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from models.errors import InvalidConfig
from router import bindings
from router.expressions import Expression, First, Ref
from router.expressions import references as expression_references
from router.plan import INPUT, Path, Plan, Step
from router.steps.kind import Library, StepKind

Outputs = Mapping[str, frozenset[str] | None]
REPLY = "reply"
SOURCES = "sources"


def check_plan(plan: Plan, library: Library, kinds: Mapping[str, StepKind]) -> Plan:
    """The plan with its steps in topological order; raises InvalidConfig naming the field."""
    names = {step.name for step in plan.steps}
    for step in plan.steps:
        _check_step(step, names, kinds)
    outputs = {step.name: kinds[step.use].check(step, library) for step in plan.steps}
    for step in plan.steps:
        _check_references(step, plan, outputs)
    _check_output(plan, outputs)
    return replace(plan, steps=_ordered(plan))


def alternatives(expression: Expression) -> tuple[str, ...]:
    """The steps an output such as `polish | formal | draft` chooses from, best first."""
    options = expression.options if isinstance(expression, First) else (expression,)
    return tuple(one.path[0] for one in options if isinstance(one, Ref) and one.path[0] != INPUT)


def _check_step(step: Step, names: set[str], kinds: Mapping[str, StepKind]) -> None:
    where = f"steps.{step.name}"
    if step.use not in kinds:
        raise _bad(f"{where}.use", f"there is no kind of step `{step.use}`; "
                   f"there are {', '.join(sorted(kinds))}")  # fmt: skip
    for name in step.needs:
        if name not in names:
            raise _bad(f"{where}.needs", f"there is no step `{name}`")
    if step.retry.attempts and not kinds[step.use].idempotent:
        raise _bad(f"{where}.retry", f"`{step.use}` must not be done twice")
    if step.degrade and not step.optional:
        raise _bad(f"{where}.degrade", "only an optional step can be left out")


def _check_references(step: Step, plan: Plan, outputs: Outputs) -> None:
    where = f"steps.{step.name}"
    for name, binding in step.arguments.items():
        _resolve_all(bindings.references(binding), f"{where}.with.{name}", plan, outputs)
    if step.grounded is not None:
        for name, binding in (
            ("passages", step.grounded.passages),
            ("question", step.grounded.question),
        ):
            _resolve_all(bindings.references(binding), f"{where}.grounded.{name}", plan, outputs)
    _resolve_all(step.control_paths(), f"{where}.when", plan, outputs)


def _check_output(plan: Plan, outputs: Outputs) -> None:
    if REPLY not in plan.output:
        raise _bad("output.reply", "a plan must say which step writes the reply")
    for name, expression in plan.output.items():
        _resolve_all(expression_references(expression), f"output.{name}", plan, outputs)
    writers = alternatives(plan.output[REPLY])
    if not writers:
        raise _bad("output.reply", "the reply must come from a step, or from steps joined by |")
    for name in writers:
        if outputs[name] is not None:
            raise _bad("output.reply", f"the step {name} writes no text of its own; take a"
                       " `generate` without `output`")  # fmt: skip


def _resolve_all(paths: Iterable[Path], field: str, plan: Plan, outputs: Outputs) -> None:
    for path in sorted(paths):
        _resolve(path, field, plan, outputs)


def _resolve(path: Path, field: str, plan: Plan, outputs: Outputs) -> None:
    dotted = ".".join(path)
    if path[0] == INPUT:
        if len(path) != 2 or path[1] not in plan.inputs:
            raise _bad(field, f"`{dotted}` is not among the inputs")
        return
    if path[0] not in outputs:
        raise _bad(field, f"`{dotted}` refers to no step")
    fields = outputs[path[0]]
    if len(path) > 1 and (fields is None or path[1] not in fields):
        given = "only text" if fields is None else ", ".join(sorted(fields))
        raise _bad(field, f"`{dotted}`: the step {path[0]} gives {given}")


def _ordered(plan: Plan) -> tuple[Step, ...]:
    graph = {step.name: step.predecessors() for step in plan.steps}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        loop = error.args[1]
        raise _bad(f"steps.{loop[0]}", f"the steps form a cycle: {' → '.join(loop)}") from error
    by_name = {step.name: step for step in plan.steps}
    return tuple(by_name[name] for name in order)


def _bad(field: str, why: str) -> InvalidConfig:
    return InvalidConfig(f"{field}: {why}.", param=field)
