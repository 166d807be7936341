"""The socket guard lets loopback through, refuses the rest and remembers it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.loopback import LoopbackGuard, NetworkRefused, is_local_host

OUTSIDE = "198.51.100.7"  # reserved for documentation, never routed


def test_loopback_is_let_through(loopback_guard: LoopbackGuard) -> None:
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname(), timeout=5):
        assert loopback_guard.attempts == []


def test_outside_is_refused_and_remembered(loopback_guard: LoopbackGuard) -> None:
    with pytest.raises(NetworkRefused, match=OUTSIDE):
        socket.create_connection((OUTSIDE, 9), timeout=0.1)
    assert loopback_guard.attempts == [OUTSIDE]
    loopback_guard.attempts.clear()


def test_names_are_not_looked_up(loopback_guard: LoopbackGuard) -> None:
    with pytest.raises(NetworkRefused):
        socket.getaddrinfo("example.invalid", 443)
    assert loopback_guard.attempts == ["example.invalid"]
    loopback_guard.attempts.clear()


def test_without_the_guard_the_same_call_reaches_the_system() -> None:
    guard = LoopbackGuard()
    before = socket.socket.connect
    guard.install()
    assert socket.socket.connect is not before
    guard.remove()
    assert socket.socket.connect is before


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost", "0.0.0.0"])  # noqa: S104
def test_local_hosts(host: str) -> None:
    assert is_local_host(host)


@pytest.mark.parametrize("host", [OUTSIDE, "example.invalid", "2001:db8::1"])
def test_hosts_outside(host: str) -> None:
    assert not is_local_host(host)


def test_child_processes_are_guarded_too(child_refusals: Path, tmp_path: Path) -> None:
    code = f"import socket; socket.create_connection(({OUTSIDE!r}, 9), timeout=0.1)"
    log = tmp_path / "refusals"
    environment = {**os.environ, "NETGUARD_LOG": str(log)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert "NetworkRefused" in done.stderr
    assert log.read_text().startswith(OUTSIDE)
    assert os.environ["NETGUARD_LOG"] == str(child_refusals)
