"""Ways to write an identifier so that a plain pattern misses it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from urllib.parse import quote

_WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_SIGNS = {"@": "at", ".": "dot", "-": "dash", "_": "underscore", "+": "plus"}
_LIKE = str.maketrans("aeopcxyABEKMHOPCTX", "аеорсхуАВЕКМНОРСТХ")  # noqa: RUF001 look-alikes


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _joined(text: str) -> str:
    return "\u200b".join(text)


def _entities(text: str) -> str:
    return "".join(f"&#{ord(c)};" for c in text)


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode()) if text.isascii() else quote(text)


def _spoken(text: str) -> str:
    if (
        sum(map(str.isdigit, text)) > sum(map(str.isalpha, text))
        and "@" not in text
        and ":" not in text
        and not text[:2].isalpha()
    ):
        signs = {".": "dot"} if text.count(".") == 3 else {}
        said = (
            _WORDS[int(c)] if c.isdigit() else signs.get(c, c if c.isalpha() else "") for c in text
        )
        return " ".join(word for word in said if word)
    return " ".join(_SIGNS.get(part, part) for part in _parts(text))


def _parts(text: str) -> list[str]:
    marked = "".join(f" {c} " if c in _SIGNS else c for c in text)
    return marked.split()


def _indic(text: str) -> str:
    return "".join(chr(0x660 + int(c)) if c.isdigit() else c for c in text)


EVASIONS: Mapping[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "full width": _full_width,
    "zero width": _joined,
    "soft hyphens": lambda text: "\u00ad".join(text),
    "bidi": lambda text: "\u202e" + "\u2066".join(text) + "\u202c",
    "spaced": " ".join,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "percent": _percent,
    "entities": _entities,
    "look-alikes": lambda text: text.translate(_LIKE),
    "other digits": _indic,
    "dashes": lambda text: text.replace("-", "\u2011").replace(" ", "\u2009"),
    "spoken": _spoken,
}
"""By name; each gives another writing of the same identifier."""
