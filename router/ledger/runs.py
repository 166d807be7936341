"""A finished run as records: one for each decision it took, then one for itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from router.ledger.bounded import bounded
from router.ledger.record import Record
from router.store.records import RunRecord

# What a run may name at most; the run's own record in the state database has all.
MOST_STEPS = 100
MOST_SOURCES = 100


def run_records(run: RunRecord) -> Iterator[Record]:
    """The records of a run, without content; `at` is when it ended."""
    ended = run.started + run.duration_ms / 1000
    for decision in run.decisions:
        yield Record("decision", run.tenant, ended, bounded(decision), run.run_id, run.request_id)
    yield Record("run", run.tenant, ended, bounded(_facts(run)), run.run_id, run.request_id)


def _facts(run: RunRecord) -> dict[str, Any]:
    return {
        "pipeline": run.pipeline,
        "version": run.version,
        "status": run.status,
        "started": run.started,
        "duration_ms": round(run.duration_ms, 3),
        "label": run.label.public(),
        "key_id": run.key_id,
        "decision_id": run.decision_id,
        "cost_usd": run.cost_usd,
        "error_code": run.error_code,
        "decisions": [decision["decision_id"] for decision in run.decisions[:MOST_STEPS]],
        "steps": [asdict(step) for step in run.steps[:MOST_STEPS]],
        "steps_in_all": len(run.steps),
        "sources": [list(source) for source in run.sources[:MOST_SOURCES]],
        "sources_in_all": len(run.sources),
    }
