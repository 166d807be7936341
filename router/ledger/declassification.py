"""A label that is lowered: written down before the data with the lower one may leave."""

from __future__ import annotations

from models.messages import Lowering
from router.label import label_from_json
from router.ledger.egress import Intent
from router.ledger.record import Record


def declassification(lowering: Lowering, leaving: Intent, at: float) -> Record:
    """What a declassifier did for one request that is about to leave; `at` is epoch seconds.

    The labels before and after, how many values were replaced by type, and no value.
    """
    return Record(
        kind="declassification",
        tenant=leaving.tenant,
        at=at,
        run_id=leaving.run_id,
        request_id=leaving.request_id,
        fields={
            "declassifier": lowering.declassifier,
            "counts": dict(lowering.counts),
            "label_before": label_from_json(lowering.label).public(),
            "label_after": dict(leaving.label),
            "decision_id": leaving.decision_id,
            "policy_digest": leaving.policy_digest,
            "model": leaving.model,
            "site": leaving.site,
            "step": leaving.step,
        },
    )
