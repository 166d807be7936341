"""Opening retrieval.db: durable settings, explicit transactions, and the schema's version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from models.errors import InternalError, SetupError, Unavailable
from retrieval.errors import NewerSchema
from retrieval.tables import SCHEMA_VERSION, meta, metadata

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",
    "PRAGMA secure_delete=ON",
)


def open_database(path: Path) -> sa.Engine:
    """Open or make the database; one of a newer schema is refused and left as it is."""
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)),
        hide_parameters=True,  # An error would quote documents.
    )
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    refused = f"{path} is not a usable database; restore it from a backup."
    with making(engine, refused) as connection:
        check_schema(connection, path)
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A read transaction: everything read in it is of one moment."""
    with _translated(), engine.begin() as connection:
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A write transaction, the only one at a time across all processes."""
    with _translated(), engine.execution_options(immediate=True).begin() as connection:
        yield connection


@contextmanager
def making(engine: sa.Engine, refused: str) -> Iterator[sa.Connection]:
    """A write transaction of the start: a statement that fails is a SetupError `refused`."""
    with _translated():
        try:
            with engine.execution_options(immediate=True).begin() as connection:
                yield connection
        except OperationalError:
            raise
        except DBAPIError as error:
            raise SetupError(refused) from error


def insert(connection: sa.Connection, table: sa.Table, **values: Any) -> int:
    """Insert one row and give its key."""
    key = connection.execute(table.insert().values(**values)).inserted_primary_key
    if key is None:
        raise InternalError(f"The database gave no key for a new row of {table.name}.")
    return int(key[0])


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise Unavailable(
            "The retrieval database did not answer; check that its disk is not full or read-only,"
            " and where it is a server, that it runs.",
            retry_after=1.0,
        ) from error
    except DBAPIError as error:
        # A standby that only reads, a right or a table that is gone: nothing of the caller's.
        raise Unavailable(
            "The retrieval database refused a statement; try again, and if it goes on, see that it"
            " is no standby that only reads and that Podium's role owns its tables.",
            retry_after=1.0,
        ) from error


def _on_connect(connection: Any, _record: object) -> None:
    # The driver would begin transactions by itself, and late; _on_begin does it instead.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _on_begin(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def check_schema(connection: sa.Connection, path: object) -> None:
    """Make the tables, or see that they are of this schema; `path` is where, for who reads it."""
    metadata.create_all(connection, tables=[meta])
    row = connection.execute(sa.select(meta.c.value).where(meta.c.key == "schema")).scalar()
    if row is None:
        metadata.create_all(connection)
        connection.execute(meta.insert().values(key="schema", value=str(SCHEMA_VERSION)))
    elif int(row) < SCHEMA_VERSION:
        _upgrade(connection)
    elif int(row) > SCHEMA_VERSION:
        raise NewerSchema(
            f"{path} has schema {row}, this Podium knows up to {SCHEMA_VERSION}: update Podium."
        )


def _upgrade(connection: sa.Connection) -> None:
    """From schema 1 to 2: documents and chunks have seals, none as yet."""
    for table in ("documents", "chunks"):
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN seal TEXT NOT NULL DEFAULT ''")
    connection.execute(
        meta.update().where(meta.c.key == "schema").values(value=str(SCHEMA_VERSION))
    )
