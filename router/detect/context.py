"""The words beside a number that say what it is."""

from __future__ import annotations

import re

from router.detect.page import Page


def near(page: Page, at: int, words: re.Pattern[str], before: int = 60) -> bool:
    """Whether one of the words (in lower case) stands shortly before a place."""
    return words.search(page.lower, max(0, at - before), at) is not None
