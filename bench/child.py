"""A server this measurement starts: in a session of its own, with a log, stopped by its own id."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from models.errors import SetupError

Found = TypeVar("Found")
_PR_SET_PDEATHSIG = 1
_POLL_S = 0.2
# vLLM waits by spinning: at equal priority the client, which holds the clock, would read late.
_NICER_THAN_THE_CLIENT = 5
_TAIL_LINES = 15


class Child:
    """One started process; its output goes to `log`, for stdout belongs to the result."""

    def __init__(
        self, name: str, words: Sequence[str], environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                words,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_before_start,
            )

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def wait_until(self, ready: Callable[[], Found | None], seconds: float) -> Found:
        """What `ready` finds first; raises SetupError when the process ends or time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise SetupError(f"{self.name} ended while starting. Its last lines:\n{self._tail}")
            found = ready()
            if found is not None:
                return found
            time.sleep(_POLL_S)
        raise SetupError(f"{self.name} did not start in {seconds:.0f} s. Its log:\n{self._tail}")

    def stop(self, seconds: float) -> None:
        """End the process and its group: asked first, killed when it takes too long."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self._kill_group()
                self._process.wait()
        self._kill_group()

    def _kill_group(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    @property
    def _tail(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])


def _before_start() -> None:
    os.nice(_NICER_THAN_THE_CLIENT)
    # Even kill -9 of the measurement must not leave a server behind.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
