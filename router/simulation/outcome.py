"""What a replay came to: waits, how many kept what was promised, and GPU-hours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from router.simulation.world import Replay, Standing

_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Promise:
    """Seconds to the first token and to the end of the answer that are promised."""

    first_s: float = 2.0
    end_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of one wait, in seconds."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """One policy's line of the report; `kept` is the share of requests that kept both promises."""

    policy: str
    requests: int
    kept: float
    kept_first: float
    kept_end: float
    first: Spread
    end: Spread
    gpu_hours: float
    mean_replicas: float
    most_replicas: int
    changes: int


def outcome(replay: Replay, promise: Promise) -> Outcome:
    """The figures of a replay in which every request was answered."""
    waits = [
        (job.first - job.arrival.at, job.end - job.arrival.at)
        for job in replay.jobs
        if job.first is not None and job.end is not None
    ]
    firsts, ends = sorted(first for first, _ in waits), sorted(end for _, end in waits)
    kept = [first <= promise.first_s and end <= promise.end_s for first, end in waits]
    course = replay.course
    return Outcome(
        policy=replay.policy,
        requests=len(waits),
        kept=_share(sum(kept), len(waits)),
        kept_first=_share(sum(first <= promise.first_s for first in firsts), len(waits)),
        kept_end=_share(sum(end <= promise.end_s for end in ends), len(waits)),
        first=_spread(firsts),
        end=_spread(ends),
        gpu_hours=replay.gpu_hours,
        mean_replicas=sum(one.up for one in course) / len(course) if course else 0.0,
        most_replicas=max((one.wanted for one in course), default=0),
        changes=sum(a.wanted != b.wanted for a, b in pairwise(course)),
    )


def quantile(ordered: Sequence[float], part: float) -> float:
    """The smallest value that `part` of them do not exceed; 0 of nothing."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def chart(course: Sequence[Standing], most: int, width: int = 72) -> str:
    """The replicas that were up over time as one line of bars, each the most of its moment."""
    if not course:
        return ""
    size = len(course) / width
    parts = [
        course[int(n * size) : max(int((n + 1) * size), int(n * size) + 1)] for n in range(width)
    ]
    tops = [max((one.up for one in part), default=0) for part in parts]
    return "".join(_BARS[math.ceil(8 * top / max(1, most))] for top in tops)


def _spread(ordered: Sequence[float]) -> Spread:
    return Spread(*(quantile(ordered, part) for part in (0.5, 0.95, 0.99)))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
