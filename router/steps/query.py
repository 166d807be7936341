"""The step `query`: rows of a structured source, by one of its named queries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.errors import InvalidRequest
from retrieval.ports import QueryRequest, QueryResult, Scalar
from router.expressions import is_present
from router.label import LEAST, Label
from router.plan import Step
from router.steps.kind import Library, Produced, StepCall, check_arguments, refuse_fields


class Query:
    """Asks `source` for its query `name` with `params`; the subjects are the params' values."""

    idempotent = True

    def check(self, step: Step, library: Library) -> frozenset[str] | None:
        check_arguments(step, frozenset({"source", "name"}), frozenset({"params"}))
        refuse_fields(step, "prompt", "schema", "grounded")
        return frozenset({"rows"})

    def missing(self, step: Step, arguments: Mapping[str, Any]) -> str | None:
        params = arguments.get("params") or {}
        return next((f"params.{name}" for name, value in params.items()
                     if not is_present(value)), None)  # fmt: skip

    async def run(self, call: StepCall) -> Produced:
        request = QueryRequest(
            source=str(call.arguments["source"]),
            name=str(call.arguments["name"]),
            params=_params(call.arguments.get("params") or {}),
            request_id=call.request.request_id,
        )
        source = call.around.capabilities.source
        call.tell.told_by(call.around.policy.source(request.source, call.request.tenant))
        result = await call.recorded("rows", lambda: source.query(request, call.deadline))
        # What an act wrote stays its writer's word, whichever source it is read through.
        others = sorted(result.written_by - {request.source})
        for name in others:
            call.tell.told_by(call.around.policy.source(name, call.request.tenant))
        seen = await call.detected(result.rows, None if others else request.source)
        own = seen.join(_about(request)) if result.rows else LEAST
        return Produced(
            value={"rows": _rows(result)},
            own=own,
            status="succeeded" if result.rows else "empty",
            summary=f"{len(result.rows)} rows",
        )


def _rows(result: QueryResult) -> list[dict[str, Any]]:
    return [{**row, "source": f"{result.source}/{result.name}"} for row in result.rows]


def _about(request: QueryRequest) -> Label:
    return Label(subjects=frozenset(str(value) for value in request.params.values()))


def _params(values: Mapping[str, Any]) -> dict[str, Scalar]:
    for name, value in values.items():
        if not isinstance(value, str | int | float | bool | None):
            raise InvalidRequest(f"{name} must be a text or a number.", param=name)
    return dict(values)
