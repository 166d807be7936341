"""Acts as records of the ledger: who agreed to what, the intent before it, the result after."""

from __future__ import annotations

from typing import Any

from router.acts.act import Act, ActStatus
from router.ledger.record import Kind, Record


def act_asked(act: Act) -> Record:
    """An act waits for people."""
    return _record("admin", act, act.created, act="act_asked", needed=act.needed,
                   expires=act.expires)  # fmt: skip


def act_agreed(act: Act, key_id: str, needed: int, at: float) -> Record:
    """One key is about to agree."""
    return _record("admin", act, at, act="act_approved", key_id=key_id, needed=needed)


def act_rejected(act: Act, key_id: str, at: float) -> Record:
    """One key is about to end it."""
    return _record("admin", act, at, act="act_rejected", key_id=key_id)


def act_intended(act: Act, at: float) -> Record:
    """It is about to be done."""
    return _record("act.intent", act, at, approvals=list(act.approvals))


def act_ended(act: Act, status: ActStatus, error_code: str | None, at: float) -> Record:
    """What became of it."""
    return _record("act.result", act, at, status=status, error_code=error_code)


def _record(kind: Kind, of: Act, at: float, **more: Any) -> Record:
    return Record(kind, of.tenant, at, {**of.facts(), **more}, of.run_id, of.request_id)
