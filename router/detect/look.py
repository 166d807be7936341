"""A look at a text where it enters: what the detectors find, and the signs of injection."""

from __future__ import annotations

import time
from dataclasses import replace

from router.detect.finding import TAINT, Finding
from router.detect.injection import INSTRUCTIONS
from router.detect.scan import Clock, Scan, scan
from router.detect.unsafe import WAYS_OUT, hidden_characters

SIGNS = (INSTRUCTIONS, WAYS_OUT)


def look(
    text: str, spoken: bool = False, budget_s: float = 0.5, clock: Clock = time.thread_time
) -> Scan:
    """One scan for both, so that a text is folded and decoded once; never raises.

    Signs are findings of the category `taint`. `budget_s` is in seconds of `clock`, by itself those
    of processor time: that others keep the machine busy makes no text more secret.
    """
    seen = scan(text, spoken=spoken, budget_s=budget_s, clock=clock, signs=SIGNS)
    hidden = hidden_characters(text)
    if hidden is None:
        return seen
    found = Finding("HIDDEN", TAINT, *hidden, "hidden_characters", False)
    return replace(seen, findings=(*seen.findings, found))
