"""The ledger in PostgreSQL: for several machines; needs the extra `postgres`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

from models.errors import InvalidConfig, SetupError

_DRIVER = "postgresql+psycopg"
_LOCK_TIMEOUT_MS = 5_000
# Without them a server that vanished is waited for as long as TCP does: many minutes.
_WAITS = {"connect_timeout": 10, "tcp_user_timeout": 30_000}
# Any number that is ours; held while the tables are made.
_MAKING = 0x706F6469756D


def postgres_engine(url: str) -> Engine:
    """An engine over the database at `url`, as `postgresql://user@host/name`.

    Leave the password to PGPASSFILE or a service file. Raises InvalidConfig, and SetupError when
    the driver is not installed.
    """
    try:
        address = make_url(url).set(drivername=_DRIVER)
        waits = {name: wait for name, wait in _WAITS.items() if name not in address.query}
        engine = create_engine(address, pool_pre_ping=True, connect_args=waits)
    except ModuleNotFoundError as error:
        raise SetupError("PostgreSQL needs the extra: pip install 'podium[postgres]'.") from error
    except Exception as error:
        # Whatever it says may repeat the URL, and with it a password.
        raise InvalidConfig(
            "The ledger's URL is not valid; it looks like postgresql://user@host/name.",
            param="ledger",
        ) from error
    event.listen(engine, "connect", _prepare)
    return engine


def lock_making(connection: Connection) -> None:
    """Let one replica at a time make the tables; until the transaction ends."""
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_MAKING})"))


def _prepare(connection: Any, _record: object) -> None:
    """Refuse a server that does not sync, and undo a default that does not wait for it."""
    with connection.cursor() as cursor:
        fsync = cursor.execute("SHOW fsync").fetchone()[0]
        commit = cursor.execute("SHOW synchronous_commit").fetchone()[0]
        if commit in ("off", "local"):
            cursor.execute("SET synchronous_commit TO on")
        cursor.execute(f"SET lock_timeout TO {_LOCK_TIMEOUT_MS}")
    connection.commit()
    if fsync != "on":
        connection.close()  # Nobody else will: the pool has not got it yet.
        raise SetupError("The ledger's PostgreSQL has fsync off; turn it on.", param="ledger")
