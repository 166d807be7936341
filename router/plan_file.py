"""Reading a pipeline's YAML into a plan, field by field; the whole is checked in plan_check."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models import strict_yaml
from models.catalog import Money
from models.errors import InvalidConfig
from router import bindings, expressions
from router.plan import INPUT, Budget, Grounded, InputField, OnDenied, Plan, Prefer, Retry, Route
from router.plan import Step as PlanStep
from router.plan_check import check_plan
from router.steps.kind import Library, StepKind
from router.steps.registry import STEP_KINDS

MAX_STEPS = 64

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
InputName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}\??$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _RouteRow(_Strict):
    model: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._:-]{0,63}$")] | None = None
    prefer: Prefer | None = None


class _RetryRow(_Strict):
    attempts: Annotated[int, Field(ge=0, le=5)]
    backoff_s: Annotated[float, Field(ge=0, le=60)] = 0.1


class _GroundedRow(_Strict):
    passages: Any
    question: Any


class _BudgetRow(_Strict):
    usd: Annotated[float, Field(ge=0)] | None = None
    latency_ms: Annotated[float, Field(gt=0)] | None = None
    usd_per_day: Money | None = None
    usd_per_month: Money | None = None


class _StepRow(_Strict):
    use: str
    with_: Annotated[dict[str, Any], Field(alias="with")] = {}
    when: str | None = None
    needs: list[Name] = []
    route: _RouteRow = _RouteRow()
    prompt: str | None = None
    output: str | None = None
    grounded: _GroundedRow | None = None
    optional: bool = False
    degrade: Literal["first"] | None = None
    on_denied: OnDenied = "fail"
    fallback: list[str] = []
    timeout_s: Seconds | None = None
    retry: _RetryRow = _RetryRow(attempts=0)
    stream: bool | None = None


class _PlanRow(_Strict):
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    version: Annotated[int, Field(ge=1)]
    input: dict[InputName, Literal["Audio", "Text", "str", "int", "float", "bool"]]
    steps: Annotated[dict[Name, _StepRow], Field(min_length=1, max_length=MAX_STEPS)]
    output: dict[Name, str]
    budget: _BudgetRow = _BudgetRow()


def load_plan(
    text: bytes,
    library: Library,
    source: str = "pipeline",
    kinds: Mapping[str, StepKind] = STEP_KINDS,
) -> Plan:
    """The plan of a file; raises InvalidConfig whose `param` is the field at fault."""
    row = strict_yaml.parse(_PlanRow, strict_yaml.load(text, source), source)
    if INPUT in row.steps:
        raise InvalidConfig("steps.input: no step may be called input.", param="steps.input")
    roots = frozenset({INPUT, *row.steps})
    plan = Plan(
        name=row.name,
        version=row.version,
        inputs={
            name.rstrip("?"): InputField(kind, not name.endswith("?"))
            for name, kind in row.input.items()
        },
        steps=tuple(_step(name, one, roots) for name, one in row.steps.items()),
        output={
            name: expressions.parse(value, f"output.{name}") for name, value in row.output.items()
        },
        budget=Budget(
            row.budget.usd,
            row.budget.latency_ms,
            row.budget.usd_per_day,
            row.budget.usd_per_month,
        ),
        digest=hashlib.sha256(text).hexdigest(),
    )
    return check_plan(plan, library, kinds)


def load_plans(library: Library, folder: Traversable | None = None) -> dict[str, Plan]:
    """Every `*.yaml` of a folder by the plan's name, those that ship with Podium by default."""
    root = folder or resources.files("router").joinpath("pipelines")
    files = sorted(
        (entry for entry in root.iterdir() if entry.name.endswith(".yaml")),
        key=lambda entry: entry.name,
    )
    plans = [_load_file(entry, library) for entry in files]
    return {plan.name: plan for plan in plans}


def _load_file(entry: Traversable, library: Library) -> Plan:
    try:
        return load_plan(strict_yaml.read(entry), library, entry.name)
    except InvalidConfig as error:
        if entry.name in error.message:
            raise
        raise InvalidConfig(f"{entry.name}: {error.message}", param=error.param) from error


def _step(name: str, row: _StepRow, roots: frozenset[str]) -> PlanStep:
    where = f"steps.{name}"
    return PlanStep(
        name=name,
        use=row.use,
        arguments={
            key: bindings.read(value, roots, f"{where}.with.{key}")
            for key, value in row.with_.items()
        },
        when=None if row.when is None else expressions.parse(row.when, f"{where}.when"),
        needs=tuple(row.needs),
        route=Route(row.route.model, row.route.prefer),
        prompt=row.prompt,
        schema=row.output,
        grounded=_grounded(row.grounded, roots, f"{where}.grounded"),
        optional=row.optional,
        degrade=row.degrade,
        on_denied=row.on_denied,
        fallback=tuple(row.fallback),
        timeout_s=row.timeout_s,
        retry=Retry(row.retry.attempts, row.retry.backoff_s),
        stream=row.stream,
    )


def _grounded(row: _GroundedRow | None, roots: frozenset[str], where: str) -> Grounded | None:
    if row is None:
        return None
    return Grounded(
        bindings.read(row.passages, roots, f"{where}.passages"),
        bindings.read(row.question, roots, f"{where}.question"),
    )
