"""Runs of digits in groups, however they are spaced."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from router.detect.page import Page

_RUN = re.compile(r"(?<![\w])\d+(?:(?:[ \t]{1,3}|[ ]?[-./_][ ]?)\d+){0,40}")
_GROUP = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Run:
    """Groups of digits that stand together; `groups` are (start, end) on the page."""

    page: Page
    start: int
    end: int
    groups: tuple[tuple[int, int], ...]

    def digits(self, first: int, last: int) -> str:
        """The digits of groups `first` to `last`, both included."""
        return "".join(self.page.text[a:b] for a, b in self.groups[first : last + 1])


def runs(page: Page, least: int) -> Iterator[Run]:
    """Every run of at least `least` digits that doesn't grow out of a word."""
    for match in page.numbers(_RUN):
        if match.end() - match.start() < least:
            continue
        groups = tuple(m.span() for m in _GROUP.finditer(page.text, match.start(), match.end()))
        if sum(b - a for a, b in groups) >= least:
            yield Run(page, match.start(), match.end(), groups)
