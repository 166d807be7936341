"""The bench of models outside: its arithmetic, without the servers it starts."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bench.process_use import Use, cpu_ms, held_mib
from bench.remote import PARTS, _options, _stream_facts
from bench.remote_load import Streamed, arrivals


def test_the_processor_time_of_a_request_is_told_by_part_and_in_all() -> None:
    before = {"gateway": Use(1.0, 100.0), "stub": Use(0.5, 50.0)}
    after = {"gateway": Use(3.0, 110.0), "stub": Use(1.0, 50.0), "state": Use(0.5, 90.0)}
    assert cpu_ms(before, after, 1000) == {"gateway": 2.0, "stub": 0.5, "state": 0.5, "all": 3.0}


def test_memory_is_told_of_the_parts_that_are_there() -> None:
    assert held_mib({"gateway": Use(1.0, 100.04)}, ("gateway", "egress")) == {"gateway": 100.0}


def test_words_that_did_not_come_are_lost() -> None:
    facts = _stream_facts(2, Streamed([5.0, 7.0], [250.0], words=79, failed=1, seconds=10.0))
    assert (facts["words_lost"], facts["failed"]) == (1, 1)


def test_arrivals_are_those_of_their_seed_and_come_at_their_rate() -> None:
    due = arrivals(1, 4000, 40.0)
    assert due == arrivals(1, 4000, 40.0) != arrivals(2, 4000, 40.0)
    assert due == sorted(due)
    assert due[-1] == pytest.approx(100.0, rel=0.05)
    gaps = [after - before for before, after in pairwise(due)]
    assert sum(gap < 1 / 40 for gap in gaps) / len(gaps) == pytest.approx(0.632, abs=0.03)


def test_every_part_runs_unless_some_are_named() -> None:
    assert _options([]).parts == list(PARTS)
    assert _options(["--parts", "memory"]).parts == ["memory"]
    with pytest.raises(SystemExit):
        _options(["--parts", "everything"])
