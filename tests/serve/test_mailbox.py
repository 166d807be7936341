"""The mailbox of a gateway, with several replicas of real Ray Serve that send to it."""

from __future__ import annotations

from tests.serve.beside import told_by
from tests.serve.instance import Instance


def test_replicas_send_by_it_and_serve_tells_how_they_end(podium: Instance) -> None:
    told, errors = told_by(podium, "tests.serve.mailbox_app")
    assert told == ["2", "2", "True", "ReplicaLost", "True"], errors
