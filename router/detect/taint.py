"""What signs of injection make of a text's integrity: untrusted, or nothing said."""

from __future__ import annotations

import time
from dataclasses import dataclass

from router.detect.injection import INSTRUCTIONS
from router.detect.scan import Clock, scan
from router.detect.unsafe import WAYS_OUT, hidden_characters
from router.label import Integrity, Label

_DETECTORS = (INSTRUCTIONS, WAYS_OUT)


@dataclass(frozen=True, slots=True)
class Taint:
    """The kinds of signs seen, sorted, and whether the whole text was read.

    `label` is to be joined with that of the text: UNTRUSTED when there is a sign or the reading is
    incomplete, else the least label, which changes nothing.
    """

    signs: tuple[str, ...]
    complete: bool

    @property
    def label(self) -> Label:
        """Never lowers, never permits."""
        tainted = self.signs or not self.complete
        return Label(integrity=Integrity.UNTRUSTED) if tainted else Label()


def taint(text: str, *, budget_s: float = 0.25, clock: Clock = time.thread_time) -> Taint:
    """The signs of injection in a text, folded and decoded as a scan does; never raises."""
    seen = scan(text, budget_s=budget_s, clock=clock, detectors=_DETECTORS)
    signs = {one.type for one in seen.findings}
    if hidden_characters(text):
        signs.add("HIDDEN")
    return Taint(tuple(sorted(signs)), seen.complete)
