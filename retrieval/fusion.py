"""Reciprocal rank fusion: rankings joined by rank alone, for their scores share no scale.

Cormack, Clarke and Büttcher, SIGIR 2009.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from retrieval.scored import Scored


def fuse(rankings: Iterable[Sequence[Scored]], rrf_k: int = 60) -> tuple[Scored, ...]:
    """Every chunk of any ranking, best first; of equal ones the older chunk comes first."""
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking in rankings:
        for rank, scored in enumerate(ranking, start=1):
            scores[scored.chunk_pk] += 1.0 / (rrf_k + rank)
    fused = (Scored(chunk_pk, score) for chunk_pk, score in scores.items())
    return tuple(sorted(fused, key=lambda scored: (-scored.score, scored.chunk_pk)))
