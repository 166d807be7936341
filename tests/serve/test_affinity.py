"""Conversations stay with a replica, on the real router of Ray Serve."""

from __future__ import annotations

from tests.serve.beside import told_by
from tests.serve.instance import Instance


def test_one_conversation_has_one_replica_and_many_have_both(podium: Instance) -> None:
    told, errors = told_by(podium, "tests.serve.affinity_app")
    assert told == ["1", "2"], errors
