"""Opens a database: SQLite with a write-ahead log that is synced on every commit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import OperationalError

from models.errors import Unavailable
from router.ledger.sqlite import use_log

BUSY_TIMEOUT_MS = 5_000
_PRIVATE = 0o600
_PRAGMAS = (
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}",
)


def open_sqlite(path: Path) -> Engine:
    """An engine over the file at `path`, made with mode 0600 if it is missing; thread-safe."""
    # Made before SQLite makes it open to all; its log files take over the database's mode.
    path.touch(mode=_PRIVATE)
    engine = create_engine(f"sqlite+pysqlite:///{path}")
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _translate)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    # Python 3.11's driver opens transactions by itself, and late: without this a migration's
    # schema changes would be committed one by one.
    connection.isolation_level = None
    cursor = connection.cursor()
    use_log(cursor)
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _translate(context: ExceptionContext) -> Unavailable | None:
    """What the database can't do now, such as for want of space, becomes an error of ours."""
    if not isinstance(context.sqlalchemy_exception, OperationalError):
        return None
    return Unavailable(
        "The state can't be read or written; see that its disk is not full or read-only, and try"
        " again.",
        retry_after=1.0,
    )


def _begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
