"""What of a home belongs in a copy of it, and in which order it is taken."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from deployments.home import Home
from models.errors import SetupError

# Of the running instance, or worth nothing elsewhere. Keys of providers lie in `run` alone.
NOT_KEPT = frozenset({"backups", "logs", "run", "run.json", "up.lock"})
_SQLITE = b"SQLite format 3\0"
_BESIDE = ("-wal", "-shm", "-journal")
# Half of a file that is being written: by write_private, and by the snapshots of indexes.
_HALF = re.compile(r"^\..+\.[0-9a-f]{8}$|\.\d+\.tmp$")


@dataclass(frozen=True, slots=True)
class Content:
    """One file: `name` is its path below the home with `/`, `path` where it lies."""

    name: str
    path: Path
    database: bool
    bytes: int


def contents(home: Home) -> list[Content]:
    """Every file to keep, plain ones first, then databases, the ledger last.

    What a database says happened has its record in the ledger before: a ledger taken last lacks
    none of them. Links are followed. Raises SetupError for a name that is no UTF-8.
    """
    found = [_content(home, name) for name in _names(home.path)]
    files = [one for one in found if one is not None and not _beside(one, found)]
    return sorted(files, key=lambda one: (one.database, one.path == home.ledger, one.name))


def _names(top: Path) -> Iterator[str]:
    seen = {os.path.realpath(top)}
    for folder, folders, names in os.walk(top, followlinks=True):
        below = PurePosixPath(Path(folder).relative_to(top))
        if not below.parts:
            folders[:] = [name for name in folders if name not in NOT_KEPT]
            names = [name for name in names if name not in NOT_KEPT]
        folders[:] = [name for name in folders if _is_new(Path(folder) / name, seen)]
        for name in names:
            if not _HALF.search(name):
                yield str(below / name)


def _is_new(folder: Path, seen: set[str]) -> bool:
    """Whether it was not walked yet: links may lead in a circle."""
    real = os.path.realpath(folder)
    new = real not in seen
    seen.add(real)
    return new


def _content(home: Home, name: str) -> Content | None:
    """None for what is no file, and for one that went since."""
    path = home.path / name
    try:
        name.encode()
        if not path.is_file():
            return None
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
        return Content(name, path, start == _SQLITE, path.stat().st_size)
    except FileNotFoundError:
        return None
    except UnicodeEncodeError as error:
        raise SetupError(
            f"{home.path} has a file whose name is no UTF-8 ({name!r}); give it another.",
            param="home",
        ) from error
    except OSError as error:
        raise SetupError(f"{path} can't be read: {error.strerror}.", param="home") from error


def _beside(content: Content, found: list[Content | None]) -> bool:
    """Whether it is the log of a database: what it holds is in the database's copy."""
    databases = {one.name for one in found if one is not None and one.database}
    return any(content.name.removesuffix(end) in databases - {content.name} for end in _BESIDE)
