"""What each process of an instance uses: seconds of a processor, and memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import psutil

# The parts of an instance, by a word of the command line; the first that fits counts.
_PARTS = (
    (":Gateway", "gateway"),
    (":Egress", "egress"),
    (":State", "state"),
    ("bin/haproxy", "haproxy"),
)
REST = "rest of the instance"


@dataclass(frozen=True, slots=True)
class Use:
    """Seconds of a processor so far and MiB held now."""

    cpu_s: float = 0.0
    mib: float = 0.0

    def __add__(self, other: Use) -> Use:
        return Use(self.cpu_s + other.cpu_s, self.mib + other.mib)


def use_of(podium: int, others: Mapping[str, int]) -> dict[str, Use]:
    """By part of the instance that began as `podium`, by name for `others`, and our own."""
    found = {"client": _use(psutil.Process(os.getpid()))}
    found |= {name: _use(psutil.Process(pid)) for name, pid in others.items()}
    for process in _tree(podium):
        part = _part(process)
        found[part] = found.get(part, Use()) + _use(process)
    return found


def cpu_ms(before: Mapping[str, Use], after: Mapping[str, Use], count: int) -> dict[str, float]:
    """Milliseconds of a processor for each of `count` requests, by part."""
    spent = {name: use.cpu_s - before.get(name, Use()).cpu_s for name, use in after.items()}
    each = {name: round(seconds * 1000 / count, 3) for name, seconds in spent.items()}
    return each | {"all": round(sum(each.values()), 3)}


def held_mib(uses: Mapping[str, Use], parts: Iterable[str]) -> dict[str, float]:
    """The memory of these parts."""
    return {name: round(uses[name].mib, 1) for name in parts if name in uses}


def _tree(root: int) -> Iterator[psutil.Process]:
    process = psutil.Process(root)
    yield process
    yield from process.children(recursive=True)


def _part(process: psutil.Process) -> str:
    try:
        words = " ".join(process.cmdline())
    except psutil.Error:
        return REST
    return next((name for word, name in _PARTS if word in words), REST)


def _use(process: psutil.Process) -> Use:
    try:
        times, memory = process.cpu_times(), process.memory_info()
    except psutil.Error:
        return Use()
    return Use(times.user + times.system, memory.rss / 2**20)
