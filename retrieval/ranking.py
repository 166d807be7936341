"""Measures of a ranking against judgements, and the spread of their mean over queries."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over queries, each with its 95 % bootstrap interval; `ci95` is that of `ndcg10`."""

    ndcg10: float
    mrr: float
    recall10: float
    ci95: tuple[float, float]
    mrr_ci95: tuple[float, float]
    recall10_ci95: tuple[float, float]


def ndcg(ranked: Sequence[str], relevant: frozenset[str], depth: int = 10) -> float:
    """Normalised discounted cumulative gain with binary gains."""
    gain = sum(
        1 / math.log2(rank + 1)
        for rank, document in enumerate(ranked[:depth], start=1)
        if document in relevant
    )
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(depth, len(relevant)) + 1))
    return gain / best if best else 0.0


def reciprocal_rank(ranked: Sequence[str], relevant: frozenset[str]) -> float:
    """One over the rank of the first relevant document, 0 when there is none."""
    ranks = (rank for rank, document in enumerate(ranked, start=1) if document in relevant)
    return 1 / next(ranks, math.inf)


def recall(ranked: Sequence[str], relevant: frozenset[str], depth: int = 10) -> float:
    """The share of the relevant documents among the first `depth`."""
    return len(relevant.intersection(ranked[:depth])) / len(relevant) if relevant else 0.0


def judge(
    rankings: Mapping[str, Sequence[str]], judgements: Mapping[str, frozenset[str]], seed: int = 7
) -> Quality:
    """The quality of one ranking a query id."""
    pairs = [(rankings[query], relevant) for query, relevant in judgements.items()]
    gains = [ndcg(ranked, relevant) for ranked, relevant in pairs]
    firsts = [reciprocal_rank(ranked, relevant) for ranked, relevant in pairs]
    found = [recall(ranked, relevant) for ranked, relevant in pairs]
    return Quality(
        ndcg10=fmean(gains),
        mrr=fmean(firsts),
        recall10=fmean(found),
        ci95=interval(gains, seed),
        mrr_ci95=interval(firsts, seed),
        recall10_ci95=interval(found, seed),
    )


def interval(values: Sequence[float], seed: int, rounds: int = 2000) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean."""
    rng = random.Random(seed)  # noqa: S311 - resampling, not a secret
    means = sorted(fmean(rng.choices(values, k=len(values))) for _ in range(rounds))
    return means[int(0.025 * rounds)], means[int(0.975 * rounds) - 1]
