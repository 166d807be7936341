"""Traces: read, refused, made up."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from models.errors import InvalidRequest
from router.simulation.outcome import chart, quantile
from router.simulation.patterns import Pattern, Traffic, arrivals
from router.simulation.trace import Arrival, read_trace, write_trace
from router.simulation.world import Standing

TRACE = (Arrival(0.5, 10, 3), Arrival(2.0, 7, 1))


@pytest.mark.parametrize("name", ["trace.csv", "trace.jsonl"])
def test_what_was_written_is_read(tmp_path: Path, name: str) -> None:
    write_trace(tmp_path / name, reversed(TRACE))
    assert read_trace(tmp_path / name) == TRACE


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("a.csv", "at,prompt_tokens,output_tokens\n", "no request"),
        ("a.csv", "at,prompt_tokens\n1,2\n", "row 1 has no number in 'output_tokens'"),
        ("a.csv", "at,prompt_tokens,output_tokens\n-1,2,3\n", "'at' must be 0 to"),
        ("a.csv", "at,prompt_tokens,output_tokens\nnan,2,3\n", "'at' must be 0 to"),
        ("a.csv", "at,prompt_tokens,output_tokens\n1,0,3\n", "'prompt_tokens' must be 1 to"),
        ("a.jsonl", "[1]\n", "row 1 is no object"),
        ("a.jsonl", "{\n", "row 1 is no JSON"),
    ],
)
def test_a_trace_that_is_none_is_refused(tmp_path: Path, name: str, text: str, fault: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidRequest, match=fault):
        read_trace(tmp_path / name)
    with pytest.raises(InvalidRequest, match="can't be read"):
        read_trace(tmp_path / "none.csv")


@pytest.mark.parametrize("pattern", ["day", "burst", "flat"])
def test_a_pattern_keeps_its_mean_and_its_seed(pattern: Pattern) -> None:
    traffic = Traffic(pattern, rate=2, hours=3, prompt_tokens=600, output_tokens=200, seed=4)
    made = list(arrivals(traffic))
    assert made == list(arrivals(traffic))
    assert len(made) == pytest.approx(2 * 3 * 3600, rel=0.05)
    assert sum(one.prompt_tokens for one in made) / len(made) == pytest.approx(600, rel=0.05)
    assert sum(one.output_tokens for one in made) / len(made) == pytest.approx(200, rel=0.05)
    assert all(a.at <= b.at for a, b in pairwise(made))


def test_quantiles_are_the_smallest_value_that_so_many_do_not_exceed() -> None:
    assert [quantile([1, 2, 3, 4], part) for part in (0.5, 0.75, 0.99)] == [2, 3, 4]
    assert quantile([], 0.5) == 0


def test_the_chart_shows_the_most_of_each_moment() -> None:
    course = [Standing(n, 1, up) for n, up in enumerate((0, 0, 4, 1, 2, 2))]
    assert chart(course, 4, width=3) == " █▄"
    assert chart([], 4) == ""
