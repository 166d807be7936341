"""The processes this one has started, and their end: by process id, never by name."""

from __future__ import annotations

import ctypes
import os

import psutil

_PR_SET_CHILD_SUBREAPER = 36


class Descendants:
    """Knows every process below this one, also those whose parent has died since.

    This process becomes the parent of such orphans (prctl(2), PR_SET_CHILD_SUBREAPER): a raylet
    or a proxy that dies leaves nothing behind that could not be found.
    """

    def __init__(self) -> None:
        _adopt_orphans()
        self._before = set(psutil.Process().children(recursive=True))
        self._known: set[psutil.Process] = set()

    def remember(self) -> None:
        """Take in what runs below this process now."""
        self._known |= set(psutil.Process().children(recursive=True)) - self._before

    def stop(self, seconds: float) -> None:
        """End what is left: asked first, killed after a third of `seconds`."""
        self.remember()
        for process in self._living():
            self._signal(process, kill=False)
        _, left = psutil.wait_procs(self._living(), timeout=seconds / 3)
        for process in left:
            self._signal(process, kill=True)
        psutil.wait_procs(left, timeout=seconds / 3)

    def _living(self) -> list[psutil.Process]:
        return [process for process in self._known if process.is_running()]

    def _signal(self, process: psutil.Process, *, kill: bool) -> None:
        try:
            process.kill() if kill else process.terminate()
        except psutil.NoSuchProcess:
            return


def _adopt_orphans() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
