"""The step `passages`: what was found, put together as the numbered passages of a prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router.passages import MAX_PASSAGES, gather
from router.plan import Step
from router.steps.kind import Library, Produced, StepCall, check_arguments, refuse_fields


class Passages:
    """Gathers `records` and `hits` into at most `limit` passages."""

    idempotent = True

    def check(self, step: Step, library: Library) -> frozenset[str] | None:
        check_arguments(step, frozenset(), frozenset({"records", "hits", "limit"}))
        refuse_fields(step, "prompt", "schema", "grounded")
        return frozenset({"passages"})

    def missing(self, step: Step, arguments: Mapping[str, Any]) -> str | None:
        return None

    async def run(self, call: StepCall) -> Produced:
        given = call.arguments
        limit = int(given.get("limit") or MAX_PASSAGES)
        found = gather(given.get("records") or [], given.get("hits") or [], limit)
        return Produced(
            value={"passages": found},
            status="succeeded" if found else "empty",
            summary=f"{len(found)} passages",
        )
