"""Shannon entropy of a text's characters (Shannon 1948)."""

from __future__ import annotations

from collections import Counter
from math import log2


def entropy(text: str) -> float:
    """Bits for each character; 0 for the empty text."""
    size = len(text)
    return sum(-n / size * log2(n / size) for n in Counter(text).values())
