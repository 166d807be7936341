"""Pictures that were made, as records: where each came from, never what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from router.ledger.record import Record


def image_made(
    tenant: str, request_id: str, at: float, digest: str, provenance: Mapping[str, Any]
) -> Record:
    """A picture was made; `digest` is of the file that is kept, `provenance` without its prompt."""
    fields = {name: value for name, value in provenance.items() if name != "prompt"}
    return Record("image.made", tenant, at, {**fields, "sha256": digest}, request_id=request_id)


def picture_deleted(tenant: str, key_id: str, digest: str, at: float) -> Record:
    """A key is about to delete a picture; the record of its making stays."""
    fields = {"act": "picture_deleted", "key_id": key_id, "sha256": digest}
    return Record("admin", tenant, at, fields)
