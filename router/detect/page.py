"""A page: the piece of a view that detectors read at one time, and what they hand back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from router.detect.hints import Hints

_DENSE = re.compile(r"\d(?:[^\d\n]{0,5}\d){4,}")
_MARGIN = 40


class Match(NamedTuple):
    """What a detector saw on a page, in characters from the page's start."""

    type: str
    category: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Page:
    """A view's text from `offset` on; `lower` is the same in lower case, of
    the same length; `dense` are the stretches where identifiers with digits may stand.

    Matches are taken only when they start in `owned`; the margins around it are context, so that
    what crosses a page's edge is whole on one page.
    """

    text: str
    offset: int = 0
    owned: range = range(2**62)
    hinted: Callable[[str], Hints] = Hints
    lower: str = field(init=False)
    hints: Hints = field(init=False)
    dense: tuple[tuple[int, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        lower = self.text.lower()
        kept = lower if len(lower) == len(self.text) else "".join(map(_lower, self.text))
        object.__setattr__(self, "lower", kept)
        object.__setattr__(self, "hints", self.hinted(kept))
        object.__setattr__(self, "dense", tuple(_dense(self.text)))

    def numbers(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """The matches of a pattern in lower case, only where digits stand close together."""
        for start, end in self.dense:
            yield from pattern.finditer(self.lower, start, end)


Find = Callable[[Page], Iterable[Match]]


@dataclass(frozen=True, slots=True)
class Detector:
    """One detector; its order in a list is its rank when two see the same thing."""

    name: str
    find: Find


def pages(text: str, size: int = 32_768, margin: int = 4_096) -> Iterator[Page]:
    """The text in pages of at most `size` characters that share margins of `margin`."""
    step = size - 2 * margin
    for number in range(max(1, -(-(len(text) - 2 * margin) // step))):
        offset = number * step
        last = offset + size >= len(text)
        owned = range(margin if number else 0, 2**62 if last else size - margin)
        yield Page(text if last and not offset else text[offset : offset + size], offset, owned)


def _lower(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character


def _dense(text: str) -> Iterator[tuple[int, int]]:
    """Stretches with five digits or more close together, and some letters around them."""
    low, high = 0, -1
    for match in _DENSE.finditer(text):
        if match.start() - _MARGIN > high:
            if high >= 0:
                yield low, high
            low = max(0, match.start() - _MARGIN)
        high = min(len(text), match.end() + _MARGIN)
    if high >= 0:
        yield low, high
