"""Unix sockets that only this user reaches, by the folder they lie in."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

_OTHERS = 0o077


def own_socket(folder: Path, kind: str) -> Path:
    """A path of this process's own; what killed ones of the same kind left there is removed."""
    for left in folder.glob(f"{kind}-*.sock"):
        number = left.stem.removeprefix(f"{kind}-")
        if not (number.isdecimal() and psutil.pid_exists(int(number))):
            left.unlink(missing_ok=True)
    return folder / f"{kind}-{os.getpid()}.sock"


def free_path(path: Path) -> None:
    """Make room for a socket at `path`; raises PermissionError for a folder others may enter."""
    if path.parent.stat().st_mode & _OTHERS:
        raise PermissionError("others may enter the folder of the socket")
    path.unlink(missing_ok=True)
