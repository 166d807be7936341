"""One instance at a time on a home: a kernel lock that dies with its process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from deployments.home import Home
from deployments.private_file import PRIVATE_FILE
from models.errors import SetupError


@contextmanager
def lock_home(home: Home) -> Iterator[None]:
    """Hold the home's lock; SetupError naming the holder's pid when it is taken.

    The file stays when the lock goes: removing it would let two processes lock two files.
    """
    handle = os.open(home.lock_file, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(home, os.pread(handle, 32, 0).decode().strip()) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _taken(home: Home, pid: str) -> SetupError:
    return SetupError(
        f"Podium already runs on {home.path} (pid {pid or 'unknown'}). Stop it with "
        f"`podium down --home {home.path}`, or choose another folder with --home.",
        param="home",
    )
