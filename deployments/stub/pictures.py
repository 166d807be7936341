"""A small real picture for every prompt: a PNG of one colour; pure."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib

_HEAD = b"\x89PNG\r\n\x1a\n"


def picture(prompt: str, width: int = 16, height: int = 16) -> str:
    """The picture as base64; its colour follows from the prompt."""
    red, green, blue = hashlib.sha256(prompt.encode()).digest()[:3]
    row = b"\0" + bytes((red, green, blue)) * width
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(row * height)
    png = _HEAD + _chunk(b"IHDR", size) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Length, kind, data and checksum, as PNG (ISO/IEC 15948) has them."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
