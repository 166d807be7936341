"""The gate is replaced while calls go through its door: what runs ends, what comes goes on."""

from __future__ import annotations

from pathlib import Path

from tests.serve.beside import told_by
from tests.serve.instance import Instance

STREAMS = 6


def test_no_call_fails_while_serve_replaces_the_gate(podium: Instance, tmp_path: Path) -> None:
    told, errors = told_by(podium, "tests.serve.rollout_app", str(tmp_path / "home"))
    assert len(told) == 5, errors
    whole, began, failed, another, lost_by_a_kill = told
    assert (whole, failed, another) == (str(STREAMS), "0", "True"), errors
    assert int(began) > 20
    assert lost_by_a_kill == str(STREAMS), "presence: a gate that is killed takes its calls along"
