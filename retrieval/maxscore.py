"""Which words of a query a chunk must have to be among the best, so that no other need be scored.

Turtle and Flood, Information Processing & Management 31 (1995): words that together can't lift a
chunk to the k-th best score are counted where one of the others stands, and lead to no chunk.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

# FTS5's own: https://www.sqlite.org/fts5.html#the_bm25_function
_K1 = 1.2
_LEAST_IDF = 1e-6


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the query, in how many chunks it stands, and what BM25 counts it, `idf`."""

    term: str
    chunks: int
    idf: float


def word(term: str, found: int, chunks: int) -> Word:
    """A word that stands in `found` of the `chunks`."""
    idf = math.log((chunks - found + 0.5) / (found + 0.5))
    return Word(term, found, max(idf, _LEAST_IDF))


def telling(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words rarest first; those in half of all chunks or more, which count for nothing, only
    where there are no others.
    """
    rarest = sorted(words, key=lambda one: -one.idf)
    return tuple(one for one in rarest if one.idf > _LEAST_IDF) or tuple(rarest)


def needed(words: Sequence[Word], score: float) -> int:
    """How many of the words, rarest first, lead to every chunk that reaches `score`."""
    count, rest = len(words), 0.0
    while count > 1 and (more := rest + (_K1 + 1) * words[count - 1].idf) < score:
        count, rest = count - 1, more
    return count


def likely(words: Sequence[Word], k: int) -> float:
    """A score that the k-th best chunk may well reach: that of one word which stands in so many."""
    found = 0
    for one in words:
        found += one.chunks
        if found >= k:
            return one.idf
    return 0.0
