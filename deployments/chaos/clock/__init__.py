"""A clock that can be moved in every Python process of an instance that is started with it.

The kernel's own clock is the whole machine's and stays as it is: what is moved is what Python's
`time.time` and `time.time_ns` say.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from pathlib import Path

import psutil

# Named in `sitecustomize.py` as well, which Python loads by itself before anything of ours.
VARIABLE = "CHAOS_CLOCK"
SECONDS = struct.Struct("d")


def start_with(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables to start an instance with, so that it goes by the clock at `path`."""
    move(path, 0.0)
    before = environment.get("PYTHONPATH")
    folders = [str(Path(__file__).parent), *([before] if before else [])]
    return {VARIABLE: str(path), "PYTHONPATH": os.pathsep.join(folders)}


def clock_of(pid: int) -> Path | None:
    """The clock that a process was started with; None where it goes by the machine's."""
    path = psutil.Process(pid).environ().get(VARIABLE)
    return None if path is None else Path(path)


def move(path: Path, seconds: float) -> None:
    """Set the clock so far ahead of the machine's, or behind it."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(SECONDS.pack(seconds))
