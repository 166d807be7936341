"""Whose word a query's rows are: of every source whose acts write into a table that it reads."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_WRITES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})


@dataclass(frozen=True, slots=True)
class Writer:
    """One act: the source in whose file it stands, its database, its SQL and parameters."""

    source: str
    database: Path
    sql: str
    params: tuple[str, ...]


@contextmanager
def tables_read(connection: sqlite3.Connection) -> Iterator[set[str]]:
    """Gathers the tables that statements read, those below views too, as SQLite compiles them."""
    with _seen(connection, lambda action: action == sqlite3.SQLITE_READ) as found:
        yield found


def written_by(
    connection: sqlite3.Connection, database: Path, read: set[str], writers: Iterable[Writer]
) -> frozenset[str]:
    """The sources whose acts write into one of the tables `read` of the `database`, by trigger too.

    An act that can't be compiled may have written anything.
    """
    here = (one for one in writers if _same(one.database, database))
    return frozenset(
        one.source for one in here if not read.isdisjoint(_written(connection, one, read))
    )


def _written(connection: sqlite3.Connection, writer: Writer, unknown: set[str]) -> set[str]:
    with _seen(connection, lambda action: action in _WRITES) as found:
        try:
            connection.execute(f"EXPLAIN {writer.sql}", dict.fromkeys(writer.params))
        except sqlite3.Error:
            return unknown
    return found


@contextmanager
def _seen(connection: sqlite3.Connection, wanted: Callable[[int], bool]) -> Iterator[set[str]]:
    found: set[str] = set()

    def note(action: int, table: str | None, *_: str | None) -> int:
        if wanted(action):
            found.add(str(table))
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    try:
        yield found
    finally:
        connection.set_authorizer(None)


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return one.resolve() == other.resolve()
