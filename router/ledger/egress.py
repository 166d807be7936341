"""What leaves: the intent before the socket opens, the result after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from router.ledger.port import Ledger
from router.ledger.record import Record

# `sent`: the payload was written to the socket, whatever came back. `failed`: none of it was.
# `unknown`: anything else; an audit counts it as having left.
Outcome = Literal["sent", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Intent:
    """What is about to leave, to whom, under which decision; `size` is in bytes.

    `label` has the shape of `Label.public()`; `payload_mac` comes from router.ledger.mac; `extra`
    is plain JSON without content, such as token id, rule, redactions by type or region.
    """

    tenant: str
    run_id: str
    request_id: str
    decision_id: str
    provider: str
    model: str
    site: str
    step: str
    label: Mapping[str, Any]
    policy_digest: str
    payload_mac: str
    size: int
    extra: Mapping[str, Any] | None = None


async def intent(ledger: Ledger, leaving: Intent, at: float) -> str:
    """Write the intent durably and return its id; raises LedgerUnavailable: then don't send."""
    record = Record(
        kind="egress.intent",
        tenant=leaving.tenant,
        at=at,
        run_id=leaving.run_id,
        request_id=leaving.request_id,
        fields={
            **(leaving.extra or {}),
            "decision_id": leaving.decision_id,
            "provider": leaving.provider,
            "model": leaving.model,
            "site": leaving.site,
            "step": leaving.step,
            "label": dict(leaving.label),
            "policy_digest": leaving.policy_digest,
            "payload_mac": leaving.payload_mac,
            "bytes": leaving.size,
        },
    )
    return (await ledger.append(record, durable=True)).id


async def result(
    ledger: Ledger,
    intent_id: str,
    status: Outcome,
    leaving: Intent,
    at: float,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write what became of an intent; `facts` are counts and codes such as HTTP status and bytes.

    Buffered: an intent whose result was lost in a crash is reported as unknown. Raises
    LedgerUnavailable.
    """
    record = Record(
        kind="egress.result",
        tenant=leaving.tenant,
        at=at,
        run_id=leaving.run_id,
        request_id=leaving.request_id,
        fields={**(facts or {}), "intent": intent_id, "status": status, "model": leaving.model,
                "site": leaving.site},
    )  # fmt: skip
    await ledger.append(record, durable=False)
