"""Events and records of runs as JSON objects."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import Any

from deployments.wire.errors import error_object
from router.events import (
    ReplyDelta,
    ReplyRestarted,
    RunEvent,
    RunFinished,
    RunStarted,
    StepDelta,
    StepFinished,
    StepRestarted,
    StepStarted,
)
from router.route_object import run_json
from router.store.records import RunRecord

_TYPES = {
    RunStarted: "run.started",
    StepStarted: "step.started",
    StepDelta: "step.delta",
    StepRestarted: "step.restarted",
    StepFinished: "step.finished",
    ReplyDelta: "reply.delta",
    ReplyRestarted: "reply.restarted",
    RunFinished: "run.finished",
}


def event_object(event: RunEvent) -> dict[str, Any]:
    """One event; `type` says which."""
    head: dict[str, Any] = {"type": _TYPES[type(event)]}
    if isinstance(event, RunFinished):
        error = event.result.error
        return head | {"run": run_json(event.result)} | (error_object(error) if error else {})
    if isinstance(event, StepFinished):
        report = event.report.as_dict() | {"summary": event.report.summary}
        return head | {"step": event.step} | report | {"value": _plain(event.value)}
    return head | asdict(event)


def run_object(record: RunRecord) -> dict[str, Any]:
    """A remembered run."""
    return {
        "object": "run",
        "run_id": record.run_id,
        "pipeline": record.pipeline,
        "version": record.version,
        "status": record.status,
        "started": record.started,
        "duration_ms": record.duration_ms,
        "request_id": record.request_id,
        "error_code": record.error_code,
        "label": record.label.public(),
        "cost_usd": record.cost_usd,
        "sources": [
            {"collection": collection, "id": document, "chunk": chunk}
            for collection, document, chunk in record.sources
        ],
        "steps": [asdict(step) for step in record.steps],
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
