"""The step `spoken_numbers`: a text with its spoken digits written as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router.expressions import is_present
from router.plan import Step
from router.spoken import digits_written
from router.steps.kind import Library, Produced, StepCall, check_arguments, refuse_fields


class SpokenNumbers:
    """Rewrites `text`; no model is asked."""

    idempotent = True

    def check(self, step: Step, library: Library) -> frozenset[str] | None:
        check_arguments(step, frozenset({"text"}))
        refuse_fields(step, "prompt", "schema", "grounded")
        return frozenset({"text"})

    def missing(self, step: Step, arguments: Mapping[str, Any]) -> str | None:
        text = arguments["text"]
        return None if is_present(text) and str(text).strip() else "text"

    async def run(self, call: StepCall) -> Produced:
        text = digits_written(str(call.arguments["text"])).strip()
        return Produced(value={"text": text}, own=await call.detected(text))
