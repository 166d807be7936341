"""Texts that nothing else holds, each with its data's class and where it was planted."""

from __future__ import annotations

import base64
import binascii
import random
import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED", "secret", "floor", "tenant", "audio",
    "document", "crm", "identifier", "anyone",
]  # fmt: skip
_LETTERS = string.ascii_lowercase + string.digits
_KNOWN = re.compile(rb"cnry[a-z0-9]{12}|ghp_[A-Za-z0-9]{36}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{20,}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){16,}")


@dataclass(frozen=True, slots=True)
class Canary:
    """One text, what it stands for, where it was planted, and the only places it may be seen."""

    text: str
    kind: Kind
    where: str
    may_stand: frozenset[str]


class Canaries:
    """Makes them from a seed and remembers each."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.all: dict[str, Canary] = {}

    def new(self, kind: Kind, where: str, *may_stand: str) -> str:
        """A fresh canary; a secret has the shape of an access token of a well-known site."""
        text = (
            "ghp_" + "".join(self._random.choices(string.ascii_letters + string.digits, k=36))
            if kind == "secret"
            else "cnry" + "".join(self._random.choices(_LETTERS, k=12))
        )
        self.all[text] = Canary(text, kind, where, frozenset(may_stand))
        return text

    def forget(self, unsent: Iterable[str]) -> None:
        """Those that were made and sent nowhere."""
        for text in unsent:
            del self.all[text]

    def seen_in(self, data: bytes) -> set[str]:
        """Those of them that stand in the bytes, plain or in base64 or hex."""
        return {found for found in find(data) if found in self.all}


def find(data: bytes) -> set[str]:
    """Everything with a canary's shape in the bytes."""
    return {found.decode() for text in _readings(data) for found in _KNOWN.findall(text)}


def _readings(data: bytes) -> Iterator[bytes]:
    yield data
    for run in _BASE64.findall(data):
        plain = run.replace(b"-", b"+").replace(b"_", b"/")
        yield from (_decoded(plain[start:]) for start in range(4))
    for run in _HEX.findall(data):
        yield binascii.unhexlify(run)


def _decoded(run: bytes) -> bytes:
    return base64.b64decode(run[: len(run) // 4 * 4])


def texts(canaries: Iterable[Canary]) -> set[str]:
    """Their texts."""
    return {one.text for one in canaries}
