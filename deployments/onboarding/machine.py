"""What this machine has: memory as the kernel and the container's limit say, and its GPUs."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_KIB = 1024
_MIB = 1024 * 1024
_PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU; memory in bytes."""

    name: str
    total: int
    free: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory in bytes; `ram_free` is what could be had without swapping."""

    ram: int
    ram_free: int
    gpus: tuple[Gpu, ...] = ()


def read_machine(
    meminfo: Path = Path("/proc/meminfo"),
    cgroup: Path = Path("/sys/fs/cgroup"),
    nvidia_smi: str = "nvidia-smi",
) -> Machine:
    """Look at the machine; without nvidia-smi there are no GPUs."""
    lines = (line.split() for line in meminfo.read_text(encoding="ascii").splitlines())
    facts = {words[0].rstrip(":"): int(words[1]) * _KIB for words in lines if len(words) > 1}
    limit = _number(cgroup / "memory.max")
    used = _number(cgroup / "memory.current") or 0
    ram, free = facts["MemTotal"], facts["MemAvailable"]
    if limit is not None:
        ram, free = min(ram, limit), min(free, max(0, limit - used))
    return Machine(ram, free, _gpus(nvidia_smi))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _gpus(nvidia_smi: str) -> tuple[Gpu, ...]:
    query = ["--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(
            [nvidia_smi, *query], capture_output=True, text=True, timeout=_PATIENCE_S, check=True
        )
        return tuple(_gpu(line) for line in answer.stdout.splitlines() if line.strip())
    except (OSError, subprocess.SubprocessError, ValueError):
        return ()


def _gpu(line: str) -> Gpu:
    name, total, free = (part.strip() for part in line.rsplit(",", 2))
    return Gpu(name, int(total) * _MIB, int(free) * _MIB)
