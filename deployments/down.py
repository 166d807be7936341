"""`podium down`: ends the Podium that runs on a home, by its process id."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from deployments.home import Home
from deployments.home_lock import holder_of
from deployments.run_file import process_lives, remove_running
from models.errors import DeadlineExceeded

PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.1


def down(
    home: Home,
    seconds: float = PATIENCE_S,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> int | None:
    """Ask the instance to stop and wait until it has; its pid, or None when none ran.

    Only the holder of the home's lock is signalled, so a number that was given to another process
    since is never hit. An instance that is still starting stops as well.
    """
    pid = holder_of(home)
    if pid is None:
        remove_running(home)
        return None
    end = clock() + seconds
    _terminate(pid)
    while holder_of(home) == pid or process_lives(pid):
        if clock() > end:
            raise DeadlineExceeded(
                f"Podium (pid {pid}) did not stop within {seconds:.0f} s. See the logs in "
                f"{home.logs}, then try `podium down` again."
            )
        sleep(_LOOK_EVERY_S)
    return pid


def _terminate(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
