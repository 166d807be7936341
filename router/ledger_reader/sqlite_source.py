"""A ledger in a SQLite file, opened so that not a byte of it changes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from router.ledger_reader.source import HeadRow, Row, SegmentRow, Unreadable


class SqliteSource:
    """The file at `path`, with what its write-ahead log holds; in use or not."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def open(self) -> Iterator[SqliteSnapshot]:
        """One read transaction: what others append meanwhile is not seen."""
        try:
            connection = sqlite3.connect(self._address(), uri=True, isolation_level=None)
        except sqlite3.Error as error:
            raise _unreadable(error) from error
        with closing(connection):
            try:
                connection.execute("BEGIN")
            except sqlite3.Error as error:
                raise _unreadable(error) from error
            yield SqliteSnapshot(connection)

    def _address(self) -> str:
        path = self._path.absolute()
        log = path.with_name(f"{path.name}-wal")
        # SQLite reads a write-ahead log through a file that it makes beside it. Where it can make
        # none, a file without a log can still be read as one that nobody changes.
        fixed = not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
        return f"file:{quote(str(path))}?mode=ro{'&immutable=1' if fixed else ''}"


class SqliteSnapshot:
    """As of the port."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def head(self) -> HeadRow | None:
        rows = list(self._rows("SELECT version, ledger, seq, hash, mac FROM ledger_head"))
        if len(rows) > 1:
            raise Unreadable("more than one head")
        return HeadRow(*rows[0]) if rows else None

    def records(self) -> Iterator[Row]:
        for row in self._rows("SELECT seq, id, body, hash FROM ledger_records ORDER BY seq"):
            yield Row(*row)

    def segments(self) -> Iterator[SegmentRow]:
        query = "SELECT number, first, last, root FROM ledger_segments ORDER BY number"
        for row in self._rows(query):
            yield SegmentRow(*row)

    def _rows(self, query: str) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(query)
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _unreadable(error) from error


def _unreadable(error: Exception) -> Unreadable:
    return Unreadable(str(getattr(error, "sqlite_errorname", None) or type(error).__name__))
