"""Paired comparison of two sides: medians of differences, with bootstrap intervals over rounds.

Both sides of a round ran next to each other in time, so what the machine did in that round cancels.
Rounds, not requests, are what is drawn again: requests of one round share its weather.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.samples import Sample

_DRAWS = 2000
_SEED = 7
# Pieces that one read brought have no time between them; a ratio needs one.
_FINEST_MS = 0.1


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high


@dataclass(frozen=True, slots=True)
class Round:
    """One round at one concurrency: what both sides measured, in the order of the same prompts."""

    bare: tuple[Sample, ...]
    podium: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Podium beside the bare engine at one concurrency; times in milliseconds, ratios to bare."""

    concurrency: int
    rounds: int
    ttft_bare_ms: Estimate
    ttft_podium_ms: Estimate
    ttft_added_ms: Estimate
    itl_p50_ratio: Estimate
    itl_p99_ratio: Estimate
    throughput_ratio: Estimate
    itl_p50_ms: Mapping[str, float]
    itl_p99_ms: Mapping[str, float]
    tokens_per_s: Mapping[str, float]
    chunks_per_answer: Mapping[str, float]
    same_text: float


def compare(concurrency: int, rounds: Sequence[Round]) -> Comparison:
    """The comparison that these rounds support."""
    return Comparison(
        concurrency=concurrency,
        rounds=len(rounds),
        ttft_bare_ms=estimate([[s.ttft_ms for s in each.bare] for each in rounds]),
        ttft_podium_ms=estimate([[s.ttft_ms for s in each.podium] for each in rounds]),
        ttft_added_ms=estimate([_ttft_differences(each) for each in rounds]),
        itl_p50_ratio=estimate([[_ratio(each, _itl(0.5))] for each in rounds]),
        itl_p99_ratio=estimate([[_ratio(each, _itl(0.99))] for each in rounds]),
        throughput_ratio=estimate([[_ratio(each, throughput)] for each in rounds]),
        itl_p50_ms=_sides(rounds, _itl(0.5)),
        itl_p99_ms=_sides(rounds, _itl(0.99)),
        tokens_per_s=_sides(rounds, throughput),
        chunks_per_answer=_sides(rounds, _chunks),
        same_text=_same_text(rounds),
    )


def estimate(rounds: Sequence[Sequence[float]], seed: int = _SEED) -> Estimate:
    """The median of all values, and the interval of it when rounds are drawn again."""
    rng = random.Random(seed)  # noqa: S311 - resampling, no secret
    medians = sorted(_median(rng.choices(rounds, k=len(rounds))) for _ in range(_DRAWS))
    low, high = medians[int(0.025 * _DRAWS)], medians[int(0.975 * _DRAWS) - 1]
    return Estimate(_median(rounds), low, high)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies, between two of them linearly."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def throughput(samples: Sequence[Sample]) -> float:
    """Tokens a second from the start of the first request to the end of the last."""
    start = min(sample.started_ms for sample in samples)
    end = max(sample.ended_ms for sample in samples)
    return 1000 * sum(sample.tokens for sample in samples) / (end - start)


Figure = Callable[[Sequence[Sample]], float]


def _itl(share: float) -> Figure:
    def figure(samples: Sequence[Sample]) -> float:
        gaps = [gap for sample in samples for gap in sample.gaps_ms]
        return max(_FINEST_MS, quantile(gaps, share))

    return figure


def _chunks(samples: Sequence[Sample]) -> float:
    return sum(len(sample.chunks_ms) for sample in samples) / len(samples)


def _ratio(each: Round, figure: Figure) -> float:
    return figure(each.podium) / figure(each.bare)


def _ttft_differences(each: Round) -> list[float]:
    return [p.ttft_ms - b.ttft_ms for b, p in zip(each.bare, each.podium, strict=True)]


def _sides(rounds: Sequence[Round], figure: Figure) -> dict[str, float]:
    return {
        "bare": median(figure(each.bare) for each in rounds),
        "podium": median(figure(each.podium) for each in rounds),
    }


def _same_text(rounds: Sequence[Round]) -> float:
    same = [
        bare.digest == podium.digest
        for each in rounds
        for bare, podium in zip(each.bare, each.podium, strict=True)
    ]
    return sum(same) / len(same)


def _median(rounds: Sequence[Sequence[float]]) -> float:
    return median([value for each in rounds for value in each])
