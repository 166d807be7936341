"""Two readers of one text: what either finds counts, and both must come to its end."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from router.detect.finding import Finding
from router.detect.scan import Clock, Scan
from router.detect.scanner import Look


@dataclass(frozen=True, slots=True)
class Together:
    """Reads with the first, then with the second in the time left; raises what either raises."""

    first: Look
    second: Look
    clock: Clock = time.thread_time

    def __call__(self, text: str, spoken: bool, budget_s: float) -> Scan:
        """The first's findings, and those of the second that tell more."""
        until = self.clock() + budget_s
        seen = self.first(text, spoken, budget_s)
        if not seen.complete:
            return seen
        also = self.second(text, spoken, until - self.clock())
        findings = [*seen.findings, *_news(seen.findings, also.findings)]
        findings.sort(key=lambda one: (one.start, one.end, one.type))
        return Scan(tuple(findings), also.complete, also.failed)


def _news(told: Iterable[Finding], also: Iterable[Finding]) -> Iterator[Finding]:
    """Those of the second that lie in no finding of the same type of the first."""
    starts: defaultdict[str, list[int]] = defaultdict(list)
    ends: defaultdict[str, list[int]] = defaultdict(list)
    for one in sorted(told, key=lambda one: one.start):
        starts[one.type].append(one.start)
        ends[one.type].append(max([one.end, *ends[one.type][-1:]]))
    for one in also:
        before = bisect_right(starts[one.type], one.start)
        if not before or ends[one.type][before - 1] < one.end:
            yield one
