"""Replicas of a running instance: found by their titles, killed, and waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

BACK_S = 180.0


def replica(pid: int, deployment: str) -> psutil.Process | None:
    """The living replica of a deployment of one replica, None while there is none."""
    title = f"ServeReplica:podium:{deployment}"
    for process in psutil.Process(pid).children(recursive=True):
        try:
            if title in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.Error:
            continue
    return None


def kill(pid: int, deployment: str) -> bool:
    """Send SIGKILL; False when there was nobody to kill."""
    found = replica(pid, deployment)
    if found is None:
        return False
    found.kill()
    found.wait(30)
    return True


def until(holds: Callable[[], bool], seconds: float = BACK_S) -> float:
    """Wait for it; how long that took."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"it did not come back within {seconds:g} s")
        time.sleep(0.1)
    return time.monotonic() - began
