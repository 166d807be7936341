"""Write where a picture comes from into its own file, without touching a pixel; pure.

PNG takes it as an iTXt chunk (ISO/IEC 15948, 11.3.3.4), JPEG as a COM segment (ITU-T T.81,
B.2.4.5). WebP and GIF have no such place that every reader skips, and stay as they are.
"""

from __future__ import annotations

import struct
import zlib

from models.images import Image

KEYWORD = "podium"
# A JPEG segment tells its length in two bytes, which count themselves.
LONGEST = 65_533
_PNG_HEAD = 8
_IHDR = 25
_SOI = 2


def stamped(image: Image, text: str) -> Image:
    """The picture with `text`, at most 65,533 bytes of UTF-8, in its metadata."""
    told = text.encode()
    if len(told) > LONGEST:
        raise ValueError("the text is too long for a picture's metadata")
    if image.media_type == "image/png":
        return Image(image.media_type, _behind(image.data, _PNG_HEAD + _IHDR, _itxt(told)))
    if image.media_type == "image/jpeg":
        comment = b"\xff\xfe" + struct.pack(">H", len(told) + 2) + told
        return Image(image.media_type, _behind(image.data, _SOI, comment))
    return image


def _behind(data: bytes, place: int, piece: bytes) -> bytes:
    return data[:place] + piece + data[place:]


def _itxt(told: bytes) -> bytes:
    """Keyword, no compression, no language, no translated keyword, text."""
    body = KEYWORD.encode() + b"\0\0\0\0\0" + told
    checked = b"iTXt" + body
    return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))
