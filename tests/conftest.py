"""What every test runs under: quiet libraries, and sockets that reach loopback only."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from models.quiet import quiet_environment
from tests.loopback import LoopbackGuard

os.environ.update(quiet_environment())
_GUARD = LoopbackGuard()


def pytest_configure() -> None:
    _GUARD.install()


def pytest_unconfigure() -> None:
    _GUARD.remove()


@pytest.fixture
def loopback_guard() -> LoopbackGuard:
    """The guard in force, for tests about the guard itself."""
    return _GUARD


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Fails a test that tried to leave the machine, even when its code swallowed the error."""
    _GUARD.attempts.clear()
    yield
    attempts = list(_GUARD.attempts)
    _GUARD.attempts.clear()
    assert not attempts, f"tried to reach outside this machine: {attempts}"
