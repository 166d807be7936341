"""The ledger's own SQLite file: a write-ahead log that is synced on every commit."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

BUSY_TIMEOUT_MS = 5_000
_PRIVATE = 0o600
_AGAIN_S = 0.01


def sqlite_engine(path: Path) -> Engine:
    """An engine over the file at `path`; the first connection makes it, mode 0600."""
    engine = create_engine(f"sqlite+pysqlite:///{path}")
    event.listen(engine, "do_connect", lambda *_: _make(path))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make(path: Path) -> None:
    if path.exists():
        return
    path.touch(mode=_PRIVATE)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # Else the name of a file with synced content could be lost.
    finally:
        os.close(folder)


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # The driver must not open transactions by itself.
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    use_log(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def use_log(cursor: sqlite3.Cursor) -> None:
    """Let the file have a write-ahead log.

    Two that make a file at once block each other here, and SQLite asks its busy handler for neither
    of them (https://sqlite.org/c3ref/busy_handler.html): so it is tried again.
    """
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(_AGAIN_S)


def _begin(connection: Connection) -> None:
    # The write lock before the head is read: two writers cannot both read the same head.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
