"""One instance at a time on a home: a kernel lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from deployments.home import Home
from deployments.private_file import PRIVATE_FILE
from models.errors import SetupError

_TRIES = 10
_PAUSE_S = 0.02


@contextmanager
def lock_home(home: Home) -> Iterator[None]:
    """Hold the home's lock; SetupError naming the holder's pid when it is taken.

    The file stays when the lock goes: removing it would let two processes lock two files.
    """
    handle = os.open(home.lock_file, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        if not _locked(handle):
            raise _taken(home, os.pread(handle, 32, 0).decode().strip())
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Take the lock; tried for a moment, since `holder_of` holds it for the time of a look."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False


def holder_of(home: Home) -> int | None:
    """The process that holds the home's lock, None when nobody does."""
    try:
        handle = os.open(home.lock_file, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(handle, 32, 0).decode().strip()
        return int(text) if text.isdigit() else None
    finally:
        os.close(handle)
    return None


def _taken(home: Home, pid: str) -> SetupError:
    return SetupError(
        f"Podium already runs on {home.path} (pid {pid or 'unknown'}). Stop it with "
        f"`podium down --home {home.path}`, or choose another folder with --home.",
        param="home",
    )
