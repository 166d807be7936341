"""A scan for texts the gate itself knows to be secret: the providers' keys and Podium's own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SHORTEST = 8
_PODIUM_KEY = re.compile(r"\bpk_[A-Za-z0-9_-]{20,}")


@dataclass(frozen=True, slots=True)
class KnownSecret:
    """One find."""

    category: str = "secret"


@dataclass(frozen=True, slots=True)
class KnownScan:
    """What was found; such a scan always reads the whole text."""

    findings: tuple[KnownSecret, ...]
    complete: bool = True


class KnownValues:
    """Finds the values given, exactly, and anything that has the shape of a Podium key."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = tuple(value for value in values if len(value) >= SHORTEST)

    def __call__(self, text: str) -> KnownScan:
        found = any(value in text for value in self._values) or _PODIUM_KEY.search(text)
        return KnownScan((KnownSecret(),) if found else ())
