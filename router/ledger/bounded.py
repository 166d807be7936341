"""Values cut to what a record of the ledger takes."""

from __future__ import annotations

import hashlib
from typing import Any

from router.ledger.record import MAX_TEXT


def bounded(value: Any) -> Any:
    """The value with every long text cut and marked by its digest, so that it still is one id."""
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return f"{value[:64]}…sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    if isinstance(value, dict):
        return {name: bounded(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [bounded(one) for one in value]
    return value
