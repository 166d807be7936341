"""The readings of a text beyond the folded one: what it says once decoded."""

from __future__ import annotations

from router.detect.view import View

DEEPEST = 3
"""How many encodings may lie one in the other; more is no longer read."""


def next_reading(view: View, *, spoken: bool) -> View | None:
    """The view with everything decoded once, None when nothing in it is encoded."""
    return None
