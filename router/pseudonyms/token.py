"""The token that stands for a value: `[[EMAIL:k3f9q2x7]]`, five characters of id, three of check.

Both are cut from HMAC-SHA-256 (RFC 2104) and written in Crockford's base 32, in lower case.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
ID_LENGTH: Final = 5
CHECK_LENGTH: Final = 3
TYPE_LENGTH: Final = 16
LITERAL: Final = "LITERAL"
"""The type of text that only looks like a token."""


@dataclass(frozen=True, slots=True)
class Token:
    """A type in capitals and the eight characters after it: id and check."""

    type: str
    id: str

    @property
    def text(self) -> str:
        return f"[[{self.type}:{self.id}]]"


def type_name(name: str) -> str:
    """A detector's or record's type as tokens write it: `credit_card` is `CREDIT-CARD`.

    No underscore, because models escape it in Markdown.
    """
    plain = re.sub(r"[^A-Z0-9]+", "-", name.upper()).strip("-")[:TYPE_LENGTH].rstrip("-")
    return plain if plain[:1].isalpha() else f"X{plain}"[:TYPE_LENGTH]


def mint(key: bytes, type_: str, material: bytes, attempt: int) -> Token:
    """The token number `attempt` for a value; without `key` nobody can tell it beforehand."""
    start = attempt
    while True:
        id_ = _letters(key, b"id", type_.encode(), material, start.to_bytes(8, "big"))[:ID_LENGTH]
        whole = id_ + check(key, type_, id_)
        # A word of a wiki link has no digit and a plain number has no letter: neither is a token.
        if not whole.isdigit() and not whole.isalpha():
            return Token(type_, whole)
        start += 1 << 32


def check(key: bytes, type_: str, id_: str) -> str:
    """The characters after the id, which only the holder of `key` can write."""
    return _letters(key, b"check", type_.encode(), id_.encode())[:CHECK_LENGTH]


def genuine(key: bytes, token: Token) -> bool:
    """Whether the check fits: the token was written under this key."""
    expected = check(key, token.type, token.id[:ID_LENGTH])
    return hmac.compare_digest(expected.encode(), token.id[ID_LENGTH:].encode())


def keyed(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256 of the parts, each with its length before it."""
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hmac.new(key, framed, hashlib.sha256).digest()


def _letters(key: bytes, *parts: bytes) -> str:
    number = int.from_bytes(keyed(key, *parts)[:5], "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(35, -1, -5))
