"""The decision about one request outside any pipeline, as a record: what was not chosen and why."""

from __future__ import annotations

from router.decide import RouteDecision
from router.ledger.bounded import bounded
from router.ledger.record import Record


def decision_record(
    decision: RouteDecision, tenant: str, key_id: str, request_id: str, at: float
) -> Record:
    """Of one that chose a model as well as of one that refused; no content."""
    fields = {**bounded(decision.as_dict()), "key_id": key_id}
    return Record("decision", tenant, at, fields, request_id=request_id)
