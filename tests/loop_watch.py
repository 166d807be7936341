"""What an event loop did at one go: while a callback runs, every other call on the loop waits."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_NANO = 1e-9


def _waited_for_a_core(thread: int) -> float:
    """Seconds for which this thread of ours was ready and had no core (proc(5), schedstat)."""
    return int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[1]) * _NANO


@dataclass
class LoopWatch:
    """While entered, measures each callback on the thread `thread`, by its native id.

    `busiest` is the most processor time of one callback, and `stuck` the most time in which one
    neither worked nor waited for a core, so slept or waited for a lock, a disk, a socket. Seconds,
    and of both it does not matter how busy the machine is. `worker` and `sleeper` are whose.
    """

    thread: int
    busiest: float = 0.0
    worker: str = ""
    stuck: float = 0.0
    sleeper: str = ""
    count: int = 0
    _run: Any = field(init=False, repr=False)

    def __enter__(self) -> Self:
        self._run = run = asyncio.Handle._run

        def timed(handle: asyncio.Handle) -> None:
            if threading.get_native_id() != self.thread:
                run(handle)
                return
            starved, spent, began = self._clocks()
            run(handle)
            later = self._clocks()
            spent, starved = later[1] - spent, later[0] - starved
            self._saw(handle, spent, later[2] - began - spent - starved)

        asyncio.Handle._run = timed  # type: ignore[method-assign]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.Handle._run = self._run  # type: ignore[method-assign]

    def _clocks(self) -> tuple[float, float, float]:
        return _waited_for_a_core(self.thread), time.thread_time(), time.monotonic()

    def _saw(self, handle: asyncio.Handle, spent: float, waited: float) -> None:
        self.count += 1
        if spent > self.busiest:
            self.busiest, self.worker = spent, _name(handle)
        if waited > self.stuck:
            self.stuck, self.sleeper = waited, _name(handle)


def _name(handle: asyncio.Handle) -> str:
    callback = handle._callback  # type: ignore[attr-defined]
    return repr(getattr(callback, "__self__", None) or handle)
