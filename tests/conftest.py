"""What every test runs under: quiet libraries, and sockets that reach loopback only."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.quiet import quiet_environment
from tests.loopback import LoopbackGuard

os.environ.update(quiet_environment())
_GUARD = LoopbackGuard()
_REFUSALS = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Guards this process, and by `sitecustomize` every Python process it starts."""
    _GUARD.install()
    _hear_interrupts()
    handle, name = tempfile.mkstemp(prefix="podium-refusals-")
    os.close(handle)
    config.stash[_REFUSALS] = Path(name)
    netguard = str(Path(__file__).parent / "netguard")
    behind = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    os.environ["PYTHONPATH"] = os.pathsep.join([netguard, *(p for p in behind if p != netguard)])
    os.environ["NETGUARD_LOG"] = name


def _hear_interrupts() -> None:
    """A shell starts background jobs with SIGINT ignored, and what they start inherits that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fails the session when a process it started tried to leave the machine."""
    if session.config.stash[_REFUSALS].read_text():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for line in config.stash[_REFUSALS].read_text().splitlines():
        terminalreporter.write_line(
            f"FAILED: tried to reach outside this machine: {line}", red=True
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    _GUARD.remove()
    config.stash[_REFUSALS].unlink(missing_ok=True)


@pytest.fixture
def child_refusals(pytestconfig: pytest.Config) -> Path:
    """Where guarded child processes write down what they were refused."""
    return pytestconfig.stash[_REFUSALS]


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
