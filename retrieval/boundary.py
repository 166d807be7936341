"""The points of a write between which a crash must lose nothing; tests stop the process there."""

from __future__ import annotations

from typing import Protocol


class Boundary(Protocol):
    """Called with the name of each step of a write, just before that step."""

    def __call__(self, name: str) -> None:
        """Return to go on; a test may end the process instead."""


def no_boundary(name: str) -> None:
    """Go on: what production uses."""
