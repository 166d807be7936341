"""Structured sources: named, parameterised, read-only SQL over a database such as the CRM."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from models.deadline import Clock, Deadline
from models.errors import DeadlineExceeded, InvalidConfig, InvalidRequest, Unavailable
from retrieval.errors import SourceNotFound
from retrieval.ports import QueryRequest, QueryResult, Scalar, Source
from retrieval.source_file import QuerySpec, SourceSpec, read_source
from retrieval.worker import Worker
from retrieval.written import Writer, tables_read, written_by

_STEPS_BETWEEN_CHECKS = 1000


class SqliteSource:
    """The Source over one SQLite file, opened read-only twice over: by mode and by pragma."""

    def __init__(
        self,
        name: str,
        path: Path,
        queries: Mapping[str, QuerySpec],
        worker: Worker,
        clock: Clock = time.monotonic,
        writers: Sequence[Writer] = (),
    ) -> None:
        self._name = name
        self._path = path
        self._queries = queries
        self._worker = worker
        self._clock = clock
        self._writers = writers
        # No pool: a database file that is replaced must be seen at the next query.
        self._engine = sa.create_engine(
            "sqlite://", creator=self._connect, poolclass=sa.pool.NullPool
        )

    async def query(self, request: QueryRequest, deadline: Deadline) -> QueryResult:
        """The rows found; none found is a result, not an error."""
        spec = self._spec(request)
        _check_params(spec, request.params)
        limit = min(spec.timeout_s, deadline.remaining())
        return await self._worker.run(
            lambda: self._rows(request, spec, self._clock() + limit), deadline, "the query"
        )

    def _spec(self, request: QueryRequest) -> QuerySpec:
        if request.name not in self._queries:
            known = ", ".join(sorted(self._queries))
            raise SourceNotFound(
                f"Source {self._name!r} has no query of that name; it has: {known}.", param="name"
            )
        return self._queries[request.name]

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)
        connection.execute("PRAGMA query_only=ON")
        return connection

    def _rows(self, request: QueryRequest, spec: QuerySpec, until: float) -> QueryResult:
        try:
            with self._engine.connect() as connection:
                driver: Any = connection.connection.driver_connection
                driver.set_progress_handler(lambda: self._clock() > until, _STEPS_BETWEEN_CHECKS)
                with tables_read(driver) as read:
                    result = connection.execute(sa.text(spec.sql), dict(request.params))
                    found = result.mappings().fetchmany(spec.limit + 1)
                result.close()
                written = written_by(driver, self._path, read, self._writers)
        except DBAPIError as error:
            raise self._failure(error) from error
        rows = tuple(_plain(row, request) for row in found[: spec.limit])
        return QueryResult(self._name, request.name, rows, len(found) > spec.limit, written)

    def _failure(self, error: DBAPIError) -> Exception:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_INTERRUPT:
            return DeadlineExceeded(f"A query of source {self._name!r} ran out of time.")
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_BUSY):
            return Unavailable(
                f"The database of source {self._name!r} cannot be opened; "
                f"check the file {self._path.name} in Podium's home.",
            )
        return InvalidConfig(
            f"A query of source {self._name!r} does not run on its database "
            f"({getattr(error.orig, 'sqlite_errorname', type(error).__name__)}): mend its SQL.",
            param="sql",
        )


class Sources:
    """The Source over several: each request goes to the one it names."""

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self._sources = sources

    async def query(self, request: QueryRequest, deadline: Deadline) -> QueryResult:
        """The rows of the source named."""
        if request.source not in self._sources:
            known = ", ".join(sorted(self._sources)) or "none"
            raise SourceNotFound(
                f"There is no source of that name; there are: {known}.", param="source"
            )
        return await self._sources[request.source].query(request, deadline)


def open_sources(folder: Path, sources: Mapping[str, str], worker: Worker | None = None) -> Sources:
    """Sources by name, each from a packaged file (`crm`) or a `.yaml` path relative to `folder`.

    A database is first opened when it is asked; its path too is relative to `folder`.
    """
    shared = worker or Worker(2, "sources")
    specs = {name: read_source(reference, folder) for name, reference in sources.items()}
    writers = [one for name, spec in specs.items() for one in _writers(name, folder, spec)]
    return Sources(
        {
            name: SqliteSource(name, folder / spec.database, spec.queries, shared, writers=writers)
            for name, spec in specs.items()
        }
    )


def _writers(name: str, folder: Path, spec: SourceSpec) -> Iterator[Writer]:
    for act in spec.actions.values():
        yield Writer(name, folder / spec.database, act.sql, tuple(act.params))


def _check_params(spec: QuerySpec, params: Mapping[str, Scalar]) -> None:
    for name in sorted(params.keys() ^ spec.params.keys()):
        problem = "is missing" if name in spec.params else "is no parameter of this query"
        raise InvalidRequest(f"{name} {problem}.", param=f"params.{name}")
    for name, parameter in spec.params.items():
        parameter.check(name, params[name])


def _plain(row: sa.RowMapping, request: QueryRequest) -> dict[str, Scalar]:
    for column, value in row.items():
        if not isinstance(value, str | int | float | bool | None):
            raise InvalidConfig(
                f"Column {column} of query {request.name!r} is binary: leave it out.", param="sql"
            )
    return {str(column): value for column, value in row.items()}
