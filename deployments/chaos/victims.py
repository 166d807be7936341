"""Processes of a running instance: found by their titles below the pid of `podium up`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import psutil

from models.errors import SetupError

BACK_S = 180.0
CONTROLLER = "controller"
ENGINE = "engine"
_REPLICA = re.compile(r"ServeReplica:podium:([\w-]+)")
_CONTROLLER = re.compile(r"ServeController")
# What vLLM calls the process that holds the weights and makes the tokens.
_ENGINE = re.compile(r"EngineCore")


def processes(pid: int) -> Sequence[tuple[psutil.Process, str]]:
    """Everything alive below the instance, with its title."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        try:
            if process.status() != psutil.STATUS_ZOMBIE:
                found.append((process, " ".join(process.cmdline())))
        except psutil.Error:
            continue
    return found


def deployments(pid: int) -> tuple[str, ...]:
    """The deployments that have a replica now, by name."""
    found = (_REPLICA.search(title) for _, title in processes(pid))
    return tuple(sorted({match[1] for match in found if match}))


def replicas(pid: int) -> frozenset[tuple[str, int]]:
    """Every replica that lives: its deployment and its pid."""
    found = ((_REPLICA.search(title), process.pid) for process, title in processes(pid))
    return frozenset((match[1], number) for match, number in found if match)


def replica(pid: int, deployment: str) -> psutil.Process | None:
    """A living replica of that deployment, None while there is none."""
    return _first(pid, re.compile(rf"ServeReplica:podium:{re.escape(deployment)}(?![\w-])"))


def controller(pid: int) -> psutil.Process | None:
    """Serve's controller."""
    return _first(pid, _CONTROLLER)


def engines(pid: int) -> Sequence[psutil.Process]:
    """The processes in which chat models make their tokens."""
    return [process for process, title in processes(pid) if _ENGINE.search(title)]


def orphaned_engines(pid: int) -> Sequence[int]:
    """Pids of engines that no replica stands above: nobody would ever end them."""
    return [one.pid for one in engines(pid) if not _has_replica(one)]


def find(pid: int, name: str) -> psutil.Process | None:
    """The process that `name` means: a deployment, `engine` or `controller`."""
    if name == CONTROLLER:
        return controller(pid)
    if name == ENGINE:
        return next(iter(engines(pid)), None)
    return replica(pid, name)


def kill(pid: int, name: str) -> bool:
    """Send SIGKILL; False when there was nobody to kill."""
    found = find(pid, name)
    if found is None:
        return False
    found.kill()
    with suppress(psutil.NoSuchProcess):
        found.wait(30)
    return True


def replaced(pid: int, name: str) -> int | None:
    """Kill it and wait for the one that takes its place; the pid that is gone, None for nobody.

    Raises SetupError when none comes.
    """
    before = find(pid, name)
    if before is None or not kill(pid, name):
        return None
    until(lambda: find(pid, name) not in (None, before))
    return before.pid


def until(holds: Callable[[], bool], seconds: float = BACK_S) -> float:
    """Wait for it; how long that took. Raises SetupError when it took longer than `seconds`."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise SetupError(f"It did not come back within {seconds:g} s; see the logs.")
        time.sleep(0.1)
    return time.monotonic() - began


def _first(pid: int, title: re.Pattern[str]) -> psutil.Process | None:
    return next((one for one, told in processes(pid) if title.search(told)), None)


def _has_replica(engine: psutil.Process) -> bool:
    try:
        above = engine.parents()
        return any(_REPLICA.search(" ".join(one.cmdline())) for one in above)
    except psutil.Error:
        return True  # It ended while it was looked at.
