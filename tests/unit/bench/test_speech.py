"""What the measurement of speech makes of its samples."""

from __future__ import annotations

import pytest

from bench.speech import document, table
from bench.speech_batch import Pair
from bench.speech_lines import Call, Played, _lags


def _played(lines: int, final: float, revised: int = 0) -> Played:
    return Played(
        "a.wav",
        lines,
        0,
        first_partial=0.5,
        first_commit=0.8,
        lags=[0.4, 0.6],
        stopped=final - 0.1,
        final=final,
        committed=10,
        committed_before_end=8,
        revised=revised,
        text="Hello.",
    )


def test_lines_are_told_apart_and_summed() -> None:
    found = document([_played(1, 0.4), _played(4, 0.9, revised=1), _played(4, 1.1)], [])
    one, four = found["live"]
    assert (one["lines"], one["calls"], one["words_revised"]) == (1, 1, 0)
    assert (four["lines"], four["calls"], four["words_committed"]) == (4, 2, 20)
    assert four["end_to_final_ms"] == {"p50": 1000.0, "p95": pytest.approx(1090.0), "max": 1100.0}
    assert found["batch"] is None
    assert any("| 4 |" in line for line in table(found))


def test_a_line_that_said_nothing_is_counted() -> None:
    silent = Played("a.wav", 1, 0)
    (one,) = document([silent], [])["live"]
    assert one["calls_without_words"] == 1
    assert one["first_partial_ms"] is None


def test_recordings_are_compared_in_pairs() -> None:
    pairs = [Pair("a", n, bare=1.0, podium=1.04, same_text=True) for n in range(3)]
    batch = document([_played(1, 0.4)], pairs)["batch"]
    assert batch["ratio"] == 1.04
    assert batch["rounds"] == 3
    assert batch["same_text"] == 1.0


def test_a_words_lag_is_from_its_end_to_when_it_stood() -> None:
    call = Call("a", b"", 0.0, 3.0, (("Where", 0.5), ("is", 0.7), ("it?", 1.0)))
    shown = [("where", 1.0), ("was", 1.1), ("it", 1.9)]
    assert list(_lags(call, shown)) == pytest.approx([0.5, 0.9])
