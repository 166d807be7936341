"""A ledger in PostgreSQL; needs the extra `postgres`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from models.errors import SetupError
from router.ledger_reader.source import HeadRow, Row, SegmentRow, Unreadable

_AT_ONCE = 2000


class PostgresSource:
    """The database at `url`, as `postgresql://user@host/name`."""

    def __init__(self, url: str) -> None:
        self._url = url

    @contextmanager
    def open(self) -> Iterator[PostgresSnapshot]:
        """One read-only transaction of a single snapshot."""
        try:
            import psycopg
        except ModuleNotFoundError as error:
            raise SetupError(
                "PostgreSQL needs the extra: pip install 'podium[postgres]'."
            ) from error
        try:
            connection = psycopg.connect(self._url)
        except psycopg.Error as error:
            raise _unreadable(error) from error
        with connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield PostgresSnapshot(connection, psycopg.Error)


class PostgresSnapshot:
    """As of the port; rows come in portions, however many there are."""

    def __init__(self, connection: Any, failure: type[Exception]) -> None:
        self._connection = connection
        self._failure = failure

    def head(self) -> HeadRow | None:
        rows = list(self._rows("head", "SELECT version, ledger, seq, hash, mac FROM ledger_head"))
        if len(rows) > 1:
            raise Unreadable("more than one head")
        return HeadRow(*rows[0]) if rows else None

    def records(self) -> Iterator[Row]:
        query = "SELECT seq, id, body, hash FROM ledger_records ORDER BY seq"
        for row in self._rows("records", query):
            yield Row(*row)

    def segments(self) -> Iterator[SegmentRow]:
        query = "SELECT number, first, last, root FROM ledger_segments ORDER BY number"
        for row in self._rows("segments", query):
            yield SegmentRow(*row)

    def _rows(self, name: str, query: str) -> Iterator[tuple[Any, ...]]:
        try:
            with self._connection.cursor(name=f"podium_{name}") as cursor:
                cursor.itersize = _AT_ONCE
                cursor.execute(query)
                yield from cursor
        except self._failure as error:
            raise _unreadable(error) from error


def _unreadable(error: Exception) -> Unreadable:
    return Unreadable(str(getattr(error, "sqlstate", None) or type(error).__name__))
