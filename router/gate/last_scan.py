"""What the gate asks of others: a last look at the text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Found(Protocol):
    """One find of a scan."""

    @property
    def category(self) -> str:
        """`secret` keeps the text inside."""


class Scan(Protocol):
    """What a scan saw; one that is not `complete` proves nothing and counts as a find."""

    @property
    def findings(self) -> Sequence[Found]:
        """The finds."""

    @property
    def complete(self) -> bool:
        """Whether the whole text was read."""


class LastScan(Protocol):
    """Looks at a text just before it leaves."""

    def __call__(self, text: str) -> Scan:
        """What is in it."""
