"""An act as JSON: where it stands, no content."""

from __future__ import annotations

from typing import Any

from router.acts.act import Act


def act_object(act: Act) -> dict[str, Any]:
    """One act; `digest` is SHA-256 of its exact arguments, times are seconds since the epoch."""
    return {
        "object": "approval",
        "id": act.id,
        "action": act.action,
        "status": act.status,
        "run_id": act.run_id,
        "step": act.step,
        "label": act.label.public(),
        "digest": act.digest,
        "asked_by": act.key_id,
        "approved_by": list(act.approvals),
        "needed": act.needed,
        "created": act.created,
        "expires": act.expires,
        "error_code": act.error_code,
    }
