"""What is a picture: the four kinds that providers take, known by their first bytes."""

from __future__ import annotations

import base64
import binascii

MEDIA_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_HEADS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def picture_bytes(data: str, media_type: str) -> bytes | None:
    """The bytes of a picture in base64; None when it is no picture of that media type."""
    try:
        found = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if media_type_of(found) == media_type else None


def media_type_of(data: bytes) -> str | None:
    """The media type by the first bytes; None for anything that is no picture."""
    for head, media_type in _HEADS:
        if data.startswith(head):
            return media_type
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None
