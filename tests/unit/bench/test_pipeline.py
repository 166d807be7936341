"""A run beside its critical path."""

from __future__ import annotations

import pytest

from bench.pipeline import Timed, critical_path, document, timed
from models.errors import InternalError
from tests.scripted_world import support

STEPS = {"message": 1.0, "intent": 40.0, "customer": 90.0, "policies": 10.0, "context": 1.0,
         "draft": 100.0, "formal": 50.0, "polish": 60.0, "escalation": 20.0}  # fmt: skip


def test_the_path_is_the_longest_chain_of_steps_that_wait() -> None:
    took, path = critical_path(support(), STEPS)
    assert path == ("customer", "context", "draft", "formal", "polish")
    assert took == 90 + 1 + 100 + 50 + 60
    quicker = STEPS | {"customer": 5.0}
    took, path = critical_path(support(), quicker)
    assert path == ("message", "intent", "policies", "context", "draft", "formal", "polish")
    assert took == 1 + 40 + 10 + 1 + 100 + 50 + 60
    assert critical_path(support(), {"message": 2.0}) == (2.0, ("message",))


def _answer(status: str = "succeeded") -> dict[str, object]:
    steps = [{"name": name, "status": "succeeded", "duration_ms": ms} for name, ms in STEPS.items()]
    skipped = {"name": "transcribe", "status": "skipped", "duration_ms": 9.0}
    return {"status": status, "steps": [*steps, skipped], "timings_ms": {"total": 310.0}}


def test_what_a_run_takes_beyond_its_path_is_told() -> None:
    one = timed(support(), "a.wav", 0, 320.0, _answer())
    assert (one.makespan_ms, one.path_ms) == (310.0, 301.0)
    assert "transcribe" not in one.steps_ms
    assert one.beyond_ms == pytest.approx(310 - 1.05 * 301 - 5 * 9)
    found = document([one, one])
    assert found["ratio"]["p50"] == pytest.approx(310 / 301, abs=1e-4)
    assert found["outside_the_run_ms"]["p50"] == 10.0
    assert found["steps_in_a_row_ms"]["p50"] == sum(STEPS.values())
    assert found["steps_ms"]["draft"] == 100.0


def test_a_run_that_failed_is_no_figure() -> None:
    with pytest.raises(InternalError, match="denied"):
        timed(support(), "a.wav", 0, 1.0, _answer("denied"))
    assert isinstance(timed(support(), "a.wav", 0, 1.0, _answer("partial")), Timed)
