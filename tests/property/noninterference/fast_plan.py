"""The plan of a drawn file without YAML in between: a hundred thousand are read in minutes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from router import bindings, expressions
from router.expressions import Expression
from router.plan import INPUT, Budget, Grounded, InputField, Plan, Retry, Route, Step
from router.plan_check import check_plan
from router.steps.registry import STEP_KINDS
from tests.property.noninterference.stage import LIBRARY


def plan_of(file: dict[str, Any]) -> Plan:
    """What load_plan makes of the same file, but for the digest."""
    roots = frozenset({INPUT, *file["steps"]})
    plan = Plan(
        name=file["name"],
        version=file["version"],
        inputs={
            name.rstrip("?"): InputField(kind, not name.endswith("?"))
            for name, kind in file["input"].items()
        },
        steps=tuple(_step(name, row, roots) for name, row in file["steps"].items()),
        output={name: _parsed(text) for name, text in file["output"].items()},
        budget=Budget(**file["budget"]),
    )
    return check_plan(plan, LIBRARY, STEP_KINDS)


def _step(name: str, row: dict[str, Any], roots: frozenset[str]) -> Step:
    same = ("optional", "degrade", "on_denied", "timeout_s", "stream", "prompt")
    return Step(
        name=name,
        use=row["use"],
        arguments={key: bindings.read(value, roots, key) for key, value in row["with"].items()},
        when=_parsed(row["when"]) if "when" in row else None,
        needs=tuple(row.get("needs", ())),
        route=Route(**row.get("route", {})),
        schema=row.get("output"),
        grounded=_grounded(row.get("grounded"), roots),
        fallback=tuple(row.get("fallback", ())),
        retry=Retry(**row.get("retry", {})),
        **{key: row[key] for key in same if key in row},
    )


def _grounded(row: dict[str, Any] | None, roots: frozenset[str]) -> Grounded | None:
    if row is None:
        return None
    read = {key: bindings.read(value, roots, key) for key, value in row.items()}
    return Grounded(read["passages"], read["question"])


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Expression:
    return expressions.parse(text, "drawn")
