"""What a page may hold, told in a fraction of the time that reading it takes.

A detector asks before it reads: a no is certain, a yes is not, and what is found is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_FIGURES = bytes(0x30 if 0x30 <= code <= 0x39 else 0x20 for code in range(256))


class Hints:
    """The figures and words of a page of folded text in lower case, where every digit is ASCII."""

    def __init__(self, lower: str) -> None:
        self._lower = lower
        self._figures = lower.encode("ascii", "replace").translate(_FIGURES)

    def digits(self, least: int, start: int = 0, end: int | None = None) -> bool:
        """Whether there are so many digits, however far apart."""
        return self.count(start, end) >= least

    def count(self, start: int = 0, end: int | None = None) -> int:
        """How many digits there are."""
        return self._figures.count(b"0", start, end)

    def row(self, least: int) -> bool:
        """Whether so many digits stand side by side."""
        return b"0" * least in self._figures

    def any(self, *words: str, start: int = 0, end: int | None = None) -> bool:
        """Whether one of the words stands anywhere, parts of words included; or none was given."""
        text = self._lower[max(0, start) : end] if start or end else self._lower
        return not words or any(map(text.__contains__, words))

    def standing(self, words: Iterable[str]) -> list[str]:
        """Those of the words that stand anywhere, parts of words included."""
        text = self._lower
        return [word for word in words if word in text]

    def matches(
        self, shape: re.Pattern[str] | None, start: int = 0, end: int | None = None
    ) -> bool:
        """Whether the shape stands somewhere; true without a shape."""
        if shape is None:
            return True
        stop = len(self._lower) if end is None else end
        return shape.search(self._lower, max(0, start), stop) is not None

    def places(self, first: re.Pattern[str], start: int, end: int) -> Iterable[int]:
        """Where something can begin that begins so."""
        return (match.start() for match in first.finditer(self._lower, start, end))
