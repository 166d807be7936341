"""Reciprocal rank fusion: rankings joined by rank alone, for their scores share no scale.

Cormack, Clarke and Büttcher, SIGIR 2009.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import repeat

from retrieval.scored import Scored


def fuse(
    rankings: Iterable[Sequence[Scored]], rrf_k: int = 60, weights: Iterable[float] = repeat(1.0)
) -> tuple[Scored, ...]:
    """Every chunk of any ranking, best first; of equal ones the older chunk comes first.

    `weights` say how much each ranking counts, as many as there are rankings.
    """
    scores: defaultdict[int, float] = defaultdict(float)
    for ranking, weight in zip(rankings, weights, strict=False):
        for rank, scored in enumerate(ranking, start=1):
            scores[scored.chunk_pk] += weight / (rrf_k + rank)
    fused = (Scored(chunk_pk, score) for chunk_pk, score in scores.items())
    return tuple(sorted(fused, key=lambda scored: (-scored.score, scored.chunk_pk)))
