"""Encoded stretches of a text and what they say: percent signs, entities, base64 and hex."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from router.detect.view import Piece

_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,24});?")
_ESCAPE = re.compile(r"(?:\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}|\\x[0-9a-fA-F]{2})+")
_ONE_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\u\{[0-9a-fA-F]{1,6}\}|\\x[0-9a-fA-F]{2}")
_BASE64 = re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{8,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*={0,2}")
_PART = re.compile(r"[A-Za-z0-9+/_]{8,}={0,2}")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_HEX = re.compile(
    r"(?:0(?<!\w0)x[2-7]|[2-7](?<!\w[2-7]))[0-9a-fA-F][ :]?(?:[0-9a-fA-F]{2}[ "
    r":]?){4,}[0-9a-fA-F]{2}(?![\w])"
)
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_MOST_PRINTED = 0.9


def percents(text: str) -> Iterator[Piece]:
    """`%40` (RFC 3986), bytes that are no UTF-8 left alone."""
    if "%" in text:
        for match in _PERCENT.finditer(text):
            decoded = unquote(match[0], errors="replace")
            if "\ufffd" not in decoded:
                yield match.start(), match.end(), decoded


def entities(text: str) -> Iterator[Piece]:
    """`&#64;`, `&commat;` (HTML 5)."""
    if "&" in text:
        for match in _ENTITY.finditer(text):
            decoded = html.unescape(match[0])
            if decoded != match[0]:
                yield match.start(), match.end(), decoded


def escapes(text: str) -> Iterator[Piece]:
    r"""`\\u0040` and `\\x40`, as in JSON and source."""
    if "\\" in text:
        for match in _ESCAPE.finditer(text):
            yield match.start(), match.end(), _ONE_ESCAPE.sub(_character, match[0])


def tags(text: str) -> Iterator[Piece]:
    """Letters smuggled as invisible tags (Unicode block E0000)."""
    if not text.isascii():
        for match in _TAGS.finditer(text):
            yield match.start(), match.end(), "".join(chr(ord(c) - 0xE0000) for c in match[0])


def base64s(text: str) -> Iterator[Piece]:
    """Base64 and its URL form (RFC 4648), on one line or wrapped, where it says text."""
    for match in _BASE64.finditer(text):
        if len(match[0]) > 15 or not _WORD.fullmatch(match[0]):
            yield from _base64s(match[0], match.start())


def _base64s(text: str, at: int) -> Iterator[Piece]:
    """The whole, or else its parts between dashes, which belong to the URL form only."""
    decoded = _base64(text)
    if decoded:
        yield at, at + len(text), f" {decoded} "
        return
    for part in _PART.finditer(text) if "-" in text else ():
        decoded = _base64(part[0])
        if decoded:
            yield at + part.start(), at + part.end(), f" {decoded} "


def hexes(text: str) -> Iterator[Piece]:
    """Six bytes or more in hexadecimal, where they say text."""
    for match in _HEX.finditer(text):
        digits = re.sub(r"^0x|[ :]", "", match[0])
        decoded = _text(bytes.fromhex(digits))
        if decoded:
            yield match.start(), match.end(), f" {decoded} "


def _base64(text: str) -> str | None:
    compact = re.sub(r"\s|=", "", text).replace("-", "+").replace("_", "/")
    for joined in (compact, compact[: len(compact) // 4 * 4]):
        try:
            raw = base64.b64decode(joined + "=" * (-len(joined) % 4), validate=True)
        except binascii.Error:
            continue
        return _text(raw)
    return None


def _text(raw: bytes) -> str | None:
    """The bytes as text, None when they are none."""
    for encoding in ("utf-8", "utf-16-le") if b"\x00" in raw else ("utf-8",):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if (
            text
            and sum(c.isprintable() or c in "\r\n\t" for c in text) >= len(text) * _MOST_PRINTED
        ):
            return text
    return None


def _character(match: re.Match[str]) -> str:
    code = int(match[0].strip("\\ux{}"), 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
