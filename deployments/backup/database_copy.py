"""A copy of a SQLite database as it is at one moment, whoever writes to it meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from models.errors import SetupError

_PAGES = 4096
_WAIT_S = 30.0


def copy_database(source: Path, target: Path, advance: Callable[[int], None]) -> None:
    """Write the copy to `target`; `advance` is told how many bytes more are done.

    The read transaction holds the moment fast, so that SQLite's own backup never begins anew under
    load. Raises SetupError for a database that is damaged or can't be read.
    """
    address = f"file:{quote(str(source.resolve()))}?mode=ro"
    try:
        with (
            closing(_connect(address)) as opened,
            closing(sqlite3.connect(target)) as copy,
        ):
            opened.execute("BEGIN")
            page = int(opened.execute("PRAGMA page_size").fetchone()[0])
            opened.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            opened.backup(copy, pages=_PAGES, progress=_Progress(page, advance))
            found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise SetupError(
            f"{source} can't be copied ({getattr(error, 'sqlite_errorname', 'SQLITE_ERROR')})."
            " Mend its disk, or restore the home from an older copy.",
            param="home",
        ) from error
    if found != "ok":
        raise SetupError(
            f"{source} is damaged: SQLite's own check fails. Restore the home from an older copy.",
            param="home",
        )


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True, timeout=_WAIT_S, isolation_level=None)


class _Progress:
    """From what SQLite says is left to what was done since it last said so."""

    def __init__(self, page: int, advance: Callable[[int], None]) -> None:
        self._page = page
        self._advance = advance
        self._done = 0

    def __call__(self, _status: int, remaining: int, total: int) -> None:
        done = total - remaining
        self._advance(max(0, done - self._done) * self._page)
        self._done = done
