"""Scanning a text: every detector over every reading, within a budget of time.

A detector that fails or a budget that runs out makes the scan incomplete; the caller must then
take the label to be the top.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from router.detect.detectors import DETECTORS
from router.detect.finding import Finding
from router.detect.folding import folded
from router.detect.overlaps import Seen, merged, strongest
from router.detect.page import Detector, Match, Page, pages
from router.detect.readings import DEEPEST, next_reading
from router.detect.view import View

_TOLD = 1_000
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found, by position; `failed` names the detectors that broke down.

    Not `complete`: time ran out, a detector broke down or the text was encoded too deep, and the
    text must be taken to have the top label.
    """

    findings: tuple[Finding, ...]
    complete: bool
    failed: tuple[str, ...] = ()


def scan(
    text: str,
    *,
    spoken: bool = False,
    budget_s: float = 0.5,
    clock: Clock = time.thread_time,
    detectors: Sequence[Detector] = DETECTORS,
    signs: Sequence[Detector] = (),
) -> Scan:
    """Everything the detectors see in a text; never raises.

    `spoken` reads numbers and addresses as callers say them, for transcripts. `budget_s` is in
    seconds of `clock`; it is looked at between pages and detectors, each a few milliseconds, and
    while the text is folded and decoded. Of a text that is not read to its end at most 1,000
    findings of a reading are told.
    `signs` are looked for as well, on the same readings; what they find hides no find of
    `detectors`, nor the other way round.
    """
    work = _Scanning(text, (detectors, signs), clock, clock() + budget_s)
    try:
        work.read(spoken)
    except _OutOfTime:
        work.stopped = True
    except Exception:
        work.failed.append("readings")
    findings = tuple(sorted(work.findings(), key=lambda one: (one.start, one.end, one.type)))
    return Scan(findings, not (work.failed or work.stopped), tuple(dict.fromkeys(work.failed)))


class _OutOfTime(Exception):
    """Ends the folding or decoding of a text."""


class _Scanning:
    """One scan under way: its findings so far, and why it may be incomplete."""

    def __init__(
        self, text: str, groups: Iterable[Sequence[Detector]], clock: Clock, until: float
    ) -> None:
        self.failed: list[str] = []
        self.stopped = False
        self._text = text
        self._groups = tuple(group for group in groups if group)
        self._found: list[list[Finding]] = [[] for _ in self._groups]
        self._clock = clock
        self._until = until

    def findings(self) -> list[Finding]:
        """Those of every group, by reading."""
        return [one for group in self._found for one in group]

    def read(self, spoken: bool) -> None:
        view: View | None = folded(self._text, self._tick)
        for depth in range(DEEPEST + 1):
            if view is None or self._over():
                return
            self._take(view, first=depth == 0)
            view = next_reading(view, spoken=spoken, tick=self._tick)
        self.stopped = self.stopped or view is not None

    def _take(self, view: View, *, first: bool) -> None:
        seen: list[list[Seen]] = [[] for _ in self._groups]
        for page in pages(view.text):
            for group, so_far in zip(self._groups, seen, strict=True):
                so_far += self._page(page, group)
            if self.stopped:
                break
        for number, so_far in enumerate(seen):
            kept = strongest(so_far[:_TOLD] if self.stopped else so_far)
            made = [first or view.made(one.match.start, one.match.end) for one in kept]
            new = [self._finding(view, one) for one in kept]
            self._found[number] = merged(self._found[number], zip(new, made, strict=True))

    def _page(self, page: Page, detectors: Sequence[Detector]) -> Iterator[Seen]:
        for rank, detector in enumerate(detectors):
            if self._over():
                return
            try:
                matches = list(detector.find(page))
            except Exception:
                self.failed.append(detector.name)
                continue
            for type_, category, start, end in matches:
                if start in page.owned and start < end:
                    whole = Match(type_, category, start + page.offset, end + page.offset)
                    yield Seen(rank, detector.name, whole)

    def _finding(self, view: View, seen: Seen) -> Finding:
        type_, category, low, high = seen.match
        start, end = view.origin(low, high)
        literal = self._text[start:end] == view.text[low:high]
        return Finding(type_, category, start, end, seen.detector, not literal)

    def _tick(self) -> None:
        if self._over():
            raise _OutOfTime

    def _over(self) -> bool:
        self.stopped = self.stopped or self._clock() > self._until
        return self.stopped
