"""A run as clients read it: the `route` object of responses, and the JSON of `podium run`."""

from __future__ import annotations

from typing import Any

from router.events import RunResult


def route_object(result: RunResult, decision_id: str) -> dict[str, Any]:
    """The `route` of a response; it stands on every answer and on a stream's last chunk.

    `decision_id` is the call's own, as its headers had it before any step had decided anything.
    """
    return {
        "decision_id": decision_id,
        "run_id": result.run_id,
        "pipeline": result.pipeline,
        "model": result.model,
        "site": result.site,
        "prompt_version": result.prompt_version,
        "status": result.status,
        "sources": [dict(source) for source in result.sources],
        "steps": [report.as_dict() for report in result.steps],
        "checks": [check.as_dict() for check in result.checks],
        "cost_usd": result.cost_usd,
        "label": result.label.public(),
        "redactions": [dict(one) for one in result.redactions],
        "approvals": list(result.approvals),
        "output": {name: value for name, value in result.output.items() if name != "reply"},
    }


def run_json(result: RunResult) -> dict[str, Any]:
    """The document of `podium run --json`."""
    return {
        "run_id": result.run_id,
        "pipeline": result.pipeline,
        "version": result.version,
        "status": result.status,
        "output": dict(result.output),
        "sources": [dict(source) for source in result.sources],
        "steps": [report.as_dict() for report in result.steps],
        "deliverables": [],
        "approvals": list(result.approvals),
        "checks": [check.as_dict() for check in result.checks],
        "cost_usd": result.cost_usd,
        "label": result.label.public(),
        "redactions": [dict(one) for one in result.redactions],
        "timings_ms": {name: round(ms, 3) for name, ms in result.timings_ms.items()},
    }
