"""Text from outside that looks like a token, in any spelling a model might tidy up."""

from __future__ import annotations

from collections.abc import Iterator

from router.detect.folding import folded
from router.pseudonyms.spelling import SHAPED


def token_like(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the original text."""
    view = folded(text)
    for match in SHAPED.finditer(view.text):
        yield view.origin(match.start(), match.end())
