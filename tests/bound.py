"""Children that do not outlive the test run, however that ends."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def bound(number: int = signal.SIGTERM) -> Callable[[], None]:
    """For `preexec_fn`: the kernel sends the child this signal when its parent ends.

    Its parent is the thread that starts it (prctl(2), PR_SET_PDEATHSIG), so start it from one that
    stays.
    """
    parent = os.getpid()

    def bind() -> None:
        if _LIBC.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0) != 0 or os.getppid() != parent:
            os._exit(1)

    return bind
