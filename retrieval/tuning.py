"""Which setting searches a judged set best, and whether that is more than luck.

A setting that was picked because it did best on some queries looks better on them than it is. So
the queries are dealt into parts; for each part the setting is picked on all the others and measured
on that part alone. What was so measured, never on a query it was picked by, is compared with the
default query by query; the default stays unless the 95 % interval of the difference is above zero.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from retrieval.fusion import fuse
from retrieval.ranking import interval, ndcg, recall
from retrieval.scored import Scored
from retrieval.settings import CollectionSettings, Mode

PARTS = 5
_DEPTH = 50
_KS = (3, 6, 10, 20)
# A hit in a hundred is not worth twice the passages that the chat model must read.
_ALMOST = 0.01

Ranking = tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is picked; `rrf_k` and `dense_weight` count in `fused` only."""

    chunk_tokens: int
    mode: Mode
    rrf_k: int = 60
    dense_weight: float = 0.5

    def values(self) -> dict[str, object]:
        """The fields of a collection's settings that it means."""
        values: dict[str, object] = {"chunk_tokens": self.chunk_tokens, "mode": self.mode}
        if self.mode == "fused":
            values |= {"rrf_k": self.rrf_k, "dense_weight": self.dense_weight}
        return values


@dataclass(frozen=True, slots=True)
class Found:
    """One query's chunks by each ranking, best first, and the document of each chunk."""

    dense: Ranking
    lexical: Ranking
    document: Mapping[int, str]

    def documents(self, setting: Setting) -> tuple[str, ...]:
        """The documents as that setting ranks them."""
        ranking = self._ranking(setting)
        return tuple(dict.fromkeys(self.document[scored.chunk_pk] for scored in ranking))

    def _ranking(self, setting: Setting) -> Ranking:
        if setting.mode == "dense":
            return self.dense
        if setting.mode == "lexical":
            return self.lexical
        weights = 2 * setting.dense_weight, 2 * (1 - setting.dense_weight)
        return fuse([self.dense[:_DEPTH], self.lexical[:_DEPTH]], setting.rrf_k, weights)


# By size of chunks, by query.
Rankings = Mapping[int, Mapping[str, Found]]
Judgements = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Tuned:
    """What came out.

    `best` is the one with the highest mean over all queries, `chosen` the default unless `gain`,
    the mean difference on held-out queries, is above zero with its whole interval. `held_out` is
    the ranking of each query by a setting that was picked without it.
    """

    default: Setting
    best: Setting
    chosen: Setting
    gain: float
    gain_ci95: tuple[float, float]
    held_out: Mapping[str, tuple[str, ...]]
    k: int
    recall_at: Mapping[int, float]

    @property
    def is_certain(self) -> bool:
        """Whether the best is better than the default by more than luck explains."""
        return self.gain_ci95[0] > 0


def candidates(sizes: Sequence[int]) -> Iterator[Setting]:
    """All that is tried, the plain ones first: of equals the first is picked."""
    for size in sizes:
        yield Setting(size, "dense")
        yield Setting(size, "lexical")
        for weight in (0.5, 0.3, 0.7, 0.85):
            for rrf_k in (60, 10):
                yield Setting(size, "fused", rrf_k, weight)


def tune(
    rankings: Rankings, relevant: Judgements, default: CollectionSettings, seed: int = 7
) -> Tuned:
    """Pick, measure what was picked where it was not picked, and keep the default in doubt."""
    start = Setting(default.chunk_tokens, default.mode, default.rrf_k, default.dense_weight)
    sizes = sorted(rankings, key=lambda size: (size != start.chunk_tokens, size))
    gains = {
        setting: _gains(setting, rankings, relevant)
        for setting in dict.fromkeys([start, *candidates(sizes)])
    }
    queries = sorted(relevant)
    best = _best(gains, queries)
    held_out = _held_out(gains, relevant, start, seed)
    differences = [gains[held_out[query]][query] - gains[start][query] for query in queries]
    spread = interval(differences, seed)
    chosen = best if spread[0] > 0 else start
    found = {query: rankings[chosen.chunk_tokens][query].documents(chosen) for query in queries}
    recall_at = {
        k: fmean(recall(found[query], relevant[query], k) for query in queries) for k in _KS
    }
    return Tuned(
        default=start,
        best=best,
        chosen=chosen,
        gain=fmean(differences),
        gain_ci95=spread,
        held_out={
            query: rankings[setting.chunk_tokens][query].documents(setting)
            for query, setting in held_out.items()
        },
        k=next(k for k in _KS if recall_at[k] >= recall_at[_KS[-1]] - _ALMOST),
        recall_at=recall_at,
    )


def _gains(setting: Setting, rankings: Rankings, relevant: Judgements) -> dict[str, float]:
    found = rankings[setting.chunk_tokens]
    return {query: ndcg(found[query].documents(setting), good) for query, good in relevant.items()}


def _best(gains: Mapping[Setting, Mapping[str, float]], queries: Sequence[str]) -> Setting:
    return max(gains, key=lambda setting: round(fmean(gains[setting][q] for q in queries), 9))


def _held_out(
    gains: Mapping[Setting, Mapping[str, float]], relevant: Judgements, start: Setting, seed: int
) -> dict[str, Setting]:
    """The setting that the other parts pick, by query; the default where there are no others."""
    picked: dict[str, Setting] = {}
    for part in parts(relevant, seed):
        others = [query for query in sorted(relevant) if query not in part]
        picked |= dict.fromkeys(part, _best(gains, others) if others else start)
    return picked


def parts(relevant: Judgements, seed: int) -> list[frozenset[str]]:
    """The queries dealt into parts; those with an answer in common stay together."""
    groups: list[tuple[set[str], set[str]]] = []
    for query in sorted(relevant):
        queries, answers = {query}, set(relevant[query])
        apart = []
        for group in groups:
            if group[1] & answers:
                queries |= group[0]
                answers |= group[1]
            else:
                apart.append(group)
        groups = [*apart, (queries, answers)]
    random.Random(seed).shuffle(groups)  # noqa: S311 - a deal, not a secret
    dealt: list[set[str]] = [set() for _ in range(min(PARTS, len(groups)))]
    for queries, _ in sorted(groups, key=lambda group: -len(group[0])):
        min(dealt, key=len).update(queries)
    return [frozenset(part) for part in dealt]
