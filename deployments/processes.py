"""The processes this one has started, and their end: by process id, never by name."""

from __future__ import annotations

import psutil


class Descendants:
    """Knows every process below this one, also those whose parent has died since."""

    def __init__(self) -> None:
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
