"""Runs of digits in groups, however they are spaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from router.detect.page import Page

_RUN = re.compile(r"(?<![\w])\d+(?:(?:[ \t]{1,3}|[ ]?[-./_][ ]?)\d+){0,40}")
_SIGNS = str.maketrans("", "", " \t-./_")
_GROUP = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Run:
    """Groups of digits that stand together; `groups` are (start, end) on the page.

    `digits` are those of all groups, and group `i` begins at `offsets[i]` among them; `ends` gives
    the group that ends before an offset.
    """

    page: Page
    groups: tuple[tuple[int, int], ...]
    digits: str
    offsets: tuple[int, ...]
    ends: dict[int, int]

    @property
    def start(self) -> int:
        """Where the first group begins."""
        return self.groups[0][0]

    @property
    def end(self) -> int:
        """Where the last group ends."""
        return self.groups[-1][1]


def runs(page: Page, least: int) -> Iterator[Run]:
    """Every run of at least `least` digits that doesn't grow out of a word."""
    for match in page.numbers(_RUN):
        if match.end() - match.start() < least:
            continue
        groups = tuple([m.span() for m in _GROUP.finditer(page.text, *match.span())])
        offsets = tuple(accumulate([b - a for a, b in groups], initial=0))
        if offsets[-1] >= least:
            digits = match[0].translate(_SIGNS)
            ends = {end: group for group, end in enumerate(offsets[1:])}
            yield Run(page, groups, digits, offsets, ends)
