"""Unix sockets that only this user reaches, by the folder they lie in."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import psutil

_OTHERS = 0o077


def own_socket(folder: Path, kind: str) -> Path:
    """A path of this process's own; what killed ones of the same kind left there is removed.

    Two containers may have the same folder, and each a process of the same number: only who sees
    the same processes has the same names.
    """
    begin = f"{kind}-{_processes()}-"
    for left in folder.glob(f"{begin}*.sock"):
        number = left.stem.removeprefix(begin)
        if not (number.isdecimal() and psutil.pid_exists(int(number))):
            left.unlink(missing_ok=True)
    return folder / f"{begin}{os.getpid()}.sock"


def free_path(path: Path) -> None:
    """Make room for a socket at `path`; raises PermissionError for a folder others may enter."""
    if path.parent.stat().st_mode & _OTHERS:
        raise PermissionError("others may enter the folder of the socket")
    path.unlink(missing_ok=True)


@cache
def _processes() -> str:
    """A short name of this kernel's run and of the processes seen here (pid_namespaces(7))."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    seen = os.stat("/proc/self/ns/pid").st_ino
    return hashlib.sha256(f"{boot} {seen}".encode()).hexdigest()[:6]
