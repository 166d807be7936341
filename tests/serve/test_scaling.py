"""Replicas come with load and go without it, on the real controller of Ray Serve."""

from __future__ import annotations

from tests.serve.beside import told_by
from tests.serve.instance import Instance


def test_a_deployment_grows_shrinks_sleeps_and_wakes(podium: Instance) -> None:
    told, errors = told_by(podium, "tests.serve.scaling_app")
    assert told == ["2", "1", "0", "hello", "1"], errors
