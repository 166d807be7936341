"""Processes are found by their titles, and an engine without a replica is an orphan."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from deployments.chaos.victims import deployments, engines, find, kill, orphaned_engines, until
from models.errors import SetupError

# Titles stand where Ray and vLLM put theirs, in the command line; a child may have a child.
_SLEEP = "import sys; sys.stdin.read()"
_PARENT = (
    "import subprocess, sys;"
    "title = 'VLLM::Engine' + 'Core';"  # Or this very text would be taken for a title.
    f"subprocess.run([sys.executable, '-c', {_SLEEP!r}, title], stdin=sys.stdin)"
)


@contextmanager
def titled(title: str, program: str = _SLEEP) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-c", program, title]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_deployments_are_named_and_killed_one_by_one() -> None:
    me = os.getpid()
    with titled("ray::ServeReplica:podium:LLM-a"), titled("ray::ServeReplica:podium:LLM-a-b"):
        assert deployments(me) == ("LLM-a", "LLM-a-b")
        assert kill(me, "LLM-a")
        assert deployments(me) == ("LLM-a-b",)
        assert not kill(me, "LLM-a")


def test_the_controller_is_found() -> None:
    assert find(os.getpid(), "controller") is None
    with titled("ray::ServeController") as process:
        found = find(os.getpid(), "controller")
        assert found is not None
        assert found.pid == process.pid


def test_an_engine_below_a_replica_is_no_orphan() -> None:
    me = os.getpid()
    with titled("ray::ServeReplica:podium:LLM-a", _PARENT):
        until(lambda: bool(engines(me)), 30)
        assert orphaned_engines(me) == []
    with titled("VLLM::EngineCore") as alone:
        assert orphaned_engines(me) == [alone.pid]


def test_waiting_in_vain_is_a_typed_error() -> None:
    with pytest.raises(SetupError, match="come back"):
        until(lambda: False, 0.2)
