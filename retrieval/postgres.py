"""Opening retrieval's tables in PostgreSQL: their own schema, the extension, durable writes."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from models.errors import InvalidConfig, SetupError
from retrieval.database import check_schema, making
from retrieval.settings import HnswSettings

SCHEMA = "podium_retrieval"
LEAST_VERSION = (0, 8)
_DRIVER = "postgresql+psycopg"
_LOCK_TIMEOUT_MS = 30_000
# Without them a server that vanished is waited for as long as TCP does: many minutes.
_WAITS = {"connect_timeout": 10, "tcp_user_timeout": 30_000}
# Any number that is ours; held by whoever writes.
_WRITING = 0x706F6469
_NO_EXTENSION = (
    "The PostgreSQL of `retriever.store` has no extension `vector` of version 0.8 or later: install"
    " pgvector there, and as its superuser run CREATE EXTENSION vector."
)
_NOT_OURS = (
    "The PostgreSQL of `retriever.store` does not let Podium's role make its tables: connect to the"
    " primary, not to a standby that only reads, and as the owner of the database run CREATE SCHEMA"
    f" {SCHEMA} AUTHORIZATION followed by the name of that role."
)


def open_postgres(url: str, hnsw: HnswSettings) -> sa.Engine:
    """Open or make the tables in the database at `url`, as `postgresql://user@host/name`.

    Leave the password to PGPASSFILE or a service file. Raises InvalidConfig, SetupError when driver
    or extension is missing, and Unavailable when the server does not answer.
    """
    engine = _engine(url, hnsw)
    try:
        _make(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _engine(url: str, hnsw: HnswSettings) -> sa.Engine:
    try:
        address = sa.make_url(url).set(drivername=_DRIVER)
        waits = {name: wait for name, wait in _WAITS.items() if name not in address.query}
        engine = sa.create_engine(
            address,
            pool_pre_ping=True,
            hide_parameters=True,  # An error would quote documents.
            connect_args=waits,
        )
    except ModuleNotFoundError as error:
        raise SetupError("PostgreSQL needs the extra: pip install 'podium[postgres]'.") from error
    except Exception as error:
        # Whatever it says may repeat the URL, and with it a password.
        raise InvalidConfig(
            "The URL of `retriever.store` is not valid; it looks like postgresql://user@host/name.",
            param="retriever.store",
        ) from error

    def prepare(connection: Any, _record: object) -> None:
        _prepare(connection, hnsw)

    sa.event.listen(engine, "connect", prepare)
    sa.event.listen(engine, "begin", _on_begin)
    return engine


def _make(engine: sa.Engine) -> None:
    with making(engine, _NOT_OURS) as connection:
        # Asked first: a role that may not make schemas may own this one.
        if connection.exec_driver_sql(f"SELECT to_regnamespace('{SCHEMA}')").scalar() is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")
        # Tables of the same names in `public` are another application's.
        connection.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
        check_schema(connection, "The PostgreSQL of `retriever.store`")
        version = _version(connection)
    if version is None:
        with making(engine, _NO_EXTENSION) as connection:
            connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
            version = _version(connection)
    if version is None or version < LEAST_VERSION:
        raise SetupError(_NO_EXTENSION)


def _version(connection: sa.Connection) -> tuple[int, ...] | None:
    asked = sa.text("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    found = connection.execute(asked).scalar()
    return None if found is None else tuple(map(int, re.findall(r"\d+", found)))


def _prepare(connection: Any, hnsw: HnswSettings) -> None:
    """Refuse a server that does not sync, undo a default that does not wait for it, and set HNSW.

    Plans are made for the values at hand: one for any set of labels would fit none.
    """
    with connection.cursor() as cursor:
        fsync = cursor.execute("SHOW fsync").fetchone()[0]
        commit = cursor.execute("SHOW synchronous_commit").fetchone()[0]
        if commit in ("off", "local"):
            cursor.execute("SET synchronous_commit TO on")
        for setting in (
            f"search_path TO {SCHEMA}, public",
            f"lock_timeout TO {_LOCK_TIMEOUT_MS}",
            "plan_cache_mode TO force_custom_plan",
            f"hnsw.ef_search TO {hnsw.ef_search:d}",
            "hnsw.iterative_scan TO strict_order",
            f"hnsw.max_scan_tuples TO {hnsw.max_scan_tuples:d}",
        ):
            cursor.execute(f"SET {setting}")
    connection.commit()
    if fsync != "on":
        connection.close()  # Nobody else will: the pool has not got it yet.
        raise SetupError(
            "The PostgreSQL of `retriever.store` has fsync off; turn it on.",
            param="retriever.store",
        )


def _on_begin(connection: sa.Connection) -> None:
    """One writer at a time across all processes, and readers who see one moment."""
    if connection.get_execution_options().get("immediate", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITING})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
