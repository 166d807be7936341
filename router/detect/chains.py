"""Where the numbers of a stretch can begin: its digits in chains, the signs between them left out.

A number of ten digits can only begin at a group of digits from which ten more digits end at the end
of a group. To count is cheaper than to try each of two dozen shapes at each place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

GAP = r"(?:[ ]?[-./][ ]?|[ ])?"
"""What may stand between two digits of one number."""
_LEAST = 6
_CHAIN = re.compile(rf"\d(?:{GAP}\d){{{_LEAST - 1},}}", re.ASCII)
_GROUP = re.compile(r"\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Chain:
    """Digits that one number may run through: groups begin at `starts`, each after `counts` digits.

    `ends` are the counts at which a number may end, `size` is the count of all.
    """

    starts: list[int]
    counts: list[int]
    ends: set[int]
    size: int


class Chains:
    """The chains of at least six digits in one stretch of a text; `longest` has most of them."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.span = start, end
        self._chains = [_chain(text, *match.span()) for match in _CHAIN.finditer(text, start, end)]
        self._of: dict[int, list[int]] = {}
        self.longest = max((one.size for one in self._chains), default=0)

    def of(self, count: int) -> list[int]:
        """Where so many digits begin that end with a group."""
        if count not in self._of:
            self._of[count] = [at for one in self._chains for at in _reaching(one, count)]
        return self._of[count]

    def last(self, count: int) -> list[int]:
        """Where the last so many digits of a chain begin: a letter or another sign follows."""
        return [
            one.starts[one.counts.index(one.size - count)]
            for one in self._chains
            if one.size - count in one.counts
        ]

    def before(self, count: int, reach: int) -> list[int]:
        """The `reach` places before each chain of so many digits."""
        return [
            at
            for one in self._chains
            if one.size == count
            for at in range(max(self.span[0], one.starts[0] - reach), one.starts[0])
        ]


Starts = Callable[[Chains], Sequence[int]]
"""Every place where a kind of number can begin, and others, in any order."""


def matches(
    shape: re.Pattern[str], text: str, starts: Iterable[int], end: int
) -> Iterator[re.Match[str]]:
    """What `finditer` gives up to `end`, of matches that begin at one of the places only."""
    done = 0
    for at in starts:
        match = shape.match(text, at, end) if at >= done else None
        if match:
            done = match.end()
            yield match


def _chain(text: str, start: int, end: int) -> Chain:
    """A number doesn't end before a dash or a dot that a digit follows."""
    spans = [match.span() for match in _GROUP.finditer(text, start, end)]
    counts = list(accumulate([high - low for low, high in spans], initial=0))
    size = counts.pop()
    after = zip(counts[1:], spans, strict=False)
    ends = {n for n, (_, at) in after if text[at] not in "-." or not text[at + 1].isdigit()}
    return Chain([low for low, _ in spans], counts, ends | {size}, size)


def _reaching(chain: Chain, count: int) -> list[int]:
    if chain.size < count:
        return []
    ends = chain.ends
    return [at for at, n in zip(chain.starts, chain.counts, strict=True) if n + count in ends]
