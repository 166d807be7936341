"""A place for many small databases: where fsync costs nothing, when the machine has one."""

from __future__ import annotations

import os


def in_memory() -> str | None:
    """The `dir` for a temporary folder; None is the usual place."""
    return next((path for path in ("/dev/shm",) if os.access(path, os.W_OK)), None)  # noqa: S108
