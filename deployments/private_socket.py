"""Unix sockets that only this user reaches, by the folder they lie in."""

from __future__ import annotations

from pathlib import Path

_OTHERS = 0o077


def free_path(path: Path) -> None:
    """Make room for a socket at `path`; raises PermissionError for a folder others may enter."""
    if path.parent.stat().st_mode & _OTHERS:
        raise PermissionError("others may enter the folder of the socket")
    path.unlink(missing_ok=True)
