"""Forgets what was kept for long enough."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, delete

from router.store.engine import open_sqlite
from router.store.tables import runs

SECONDS_A_DAY = 86_400.0


class Retention:
    """Thread-safe and synchronous; every call is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, database: Path) -> Retention:
        """Over a database that is at the newest schema."""
        return cls(open_sqlite(database))

    def forget_runs(self, before: float) -> int:
        """Delete runs that began before, in seconds since the epoch, with all that hangs on them.

        The ledger keeps its records: it holds no content, and a chain with gaps proves nothing.
        """
        with self._engine.begin() as connection:
            return connection.execute(delete(runs).where(runs.c.started < before)).rowcount
