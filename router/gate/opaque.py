"""Pictures in a body that leaves: no detector can read them, so the policy must name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.pictures import MEDIA_TYPES, picture_bytes

# The source that the policy's `sources` must list before any picture may leave.
PICTURE = "picture"
_BASE64 = ";base64,"


def is_picture(row: Mapping[str, Any], name: str) -> bool:
    """Whether the field `name` of `row` holds a picture, in the form of any dialect.

    Only what decodes to one counts: anything else is text, and is searched as such.
    """
    value = row[name]
    if not isinstance(value, str):
        return False
    kind: Any = None
    if name == "url" and value.startswith("data:image/"):
        kind, _, value = value.removeprefix("data:").partition(_BASE64)
    elif name == "data":
        kind = row.get("media_type") or row.get("mimeType")
    return kind in MEDIA_TYPES and picture_bytes(value, kind) is not None


def holds_picture(body: Any) -> bool:
    """Whether a picture stands anywhere in a body."""
    return any(is_picture(row, name) for row in _rows(body) for name in row)


def _rows(value: Any) -> Iterator[Mapping[str, Any]]:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            yield one
            left += one.values()
        elif isinstance(one, list):
            left += one
