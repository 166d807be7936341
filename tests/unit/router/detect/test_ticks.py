"""Folding and decoding look at the clock: a text that takes too long ends there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from bench.detect_path import HOSTILE, of_size
from router.detect.folding import folded
from router.detect.readings import next_reading
from router.detect.scan import scan
from router.detect.ticks import ticking


class Over(Exception):
    """The time is up."""


def ends_at(look: int) -> Iterator[None]:
    """Looks at the clock, of which one says that the time is up."""
    for number in count(1):
        if number == look:
            raise Over
        yield


@pytest.mark.parametrize("kind", ["zero width", "ligatures", "tags"])
def test_folding_ends_when_time_is_up(kind: str) -> None:
    text = of_size(HOSTILE[kind], 20_000)
    assert folded(text).text != text
    looks = ends_at(2)
    with pytest.raises(Over):
        folded(f"{text} {text}" if kind != "tags" else "\U000e0041x" * 2_000, lambda: next(looks))


@pytest.mark.parametrize(
    "kind", ["base64 in words", "percents apart", "entities", "escapes", "mails in words",
             "number words"],
)  # fmt: skip
def test_decoding_ends_when_time_is_up(kind: str) -> None:
    view = folded(of_size(HOSTILE[kind], 40_000))
    looks = ends_at(3)
    next_reading(view, spoken=True)
    with pytest.raises(Over):
        next_reading(view, spoken=True, tick=lambda: next(looks))


def test_the_clock_is_looked_at_now_and_then() -> None:
    looked: list[int] = []
    assert list(ticking(range(1_000), lambda: looked.append(1))) == list(range(1_000))
    assert len(looked) == 4


def test_a_text_not_read_to_its_end_tells_of_some_findings() -> None:
    text = "jane@example.com " * 5_000
    assert len(scan(text, budget_s=60).findings) == 5_000
    hurried = scan(text, budget_s=3.0, clock=count().__next__)
    assert not hurried.complete
    assert len(hurried.findings) <= 1_000
