"""Looks up recorded route decisions, for whoever owns the home."""

from __future__ import annotations

from sqlalchemy import Engine, or_, select

from router.recorded import RecordedDecision
from router.store.tables import decisions, runs


def recorded_decisions(engine: Engine, id: str) -> tuple[RecordedDecision, ...]:
    """The decisions of the run `id`, or the one decision of that id, in the order made."""
    query = (
        select(decisions, runs.c.pipeline, runs.c.started, runs.c.request_id)
        .join(
            runs,
            (runs.c.tenant == decisions.c.tenant) & (runs.c.run_id == decisions.c.run_id),
        )
        .where(or_(decisions.c.run_id == id, decisions.c.decision_id == id))
        .order_by(decisions.c.tenant, decisions.c.run_id, decisions.c.position)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return tuple(
        RecordedDecision(
            row.tenant, row.run_id, row.request_id, row.pipeline, row.started, row.decision
        )
        for row in rows
    )
