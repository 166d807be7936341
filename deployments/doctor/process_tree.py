"""The processes of a running instance, found from the one that `podium up` is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import psutil


def instance_of(pid: int) -> Sequence[psutil.Process]:
    """The process and everything below it, those that may be looked at."""
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.Error:
        return []


def cluster_of(pid: int) -> Sequence[psutil.Process]:
    """What the instance started: `up` itself sets its variables too late to show from outside."""
    return [
        process for process in instance_of(pid) if process.pid != pid and environment_of(process)
    ]


def environment_of(process: psutil.Process) -> Mapping[str, str]:
    """The environment it was started with; empty when it is gone or hidden."""
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}
