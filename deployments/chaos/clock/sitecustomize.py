"""Python loads this by its name as it starts: from then on `time.time` is moved by a file's value.

The file holds one double, in seconds, and is read at each call: it may change at any time.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from collections.abc import Callable


def _moved(path: str) -> tuple[Callable[[], float], Callable[[], int]]:
    real, real_ns, seconds = time.time, time.time_ns, struct.Struct("d")
    with open(path, "rb") as file:
        shared = mmap.mmap(file.fileno(), seconds.size, access=mmap.ACCESS_READ)

    def now() -> float:
        return real() + float(seconds.unpack_from(shared)[0])

    def now_ns() -> int:
        return real_ns() + int(seconds.unpack_from(shared)[0] * 1e9)

    return now, now_ns


if "CHAOS_CLOCK" in os.environ:
    time.time, time.time_ns = _moved(os.environ["CHAOS_CLOCK"])
