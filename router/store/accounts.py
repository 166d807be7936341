"""What the State deployment does for budgets, without the deployment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from models.errors import BudgetExceeded
from router.budget import Amount, Claim
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.ports import BudgetStore
from router.store.records import Spending
from router.store.sql_budgets import SqlBudgetStore

SWEEP_S = 30.0


class Accounts:
    """Thread-safe and synchronous; every write ends in an fsync.

    Reservations that nobody settled, because a gateway was killed, are let go once they expired:
    now and then, and whenever a budget seems too small.
    """

    def __init__(self, store: BudgetStore, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._swept = clock()

    @classmethod
    def open(cls, database: Path) -> Accounts:
        """The accounts in the SQLite file `database`, brought to the newest schema."""
        engine = open_sqlite(database)
        upgrade(engine)
        return cls(SqlBudgetStore(engine))

    def reserve(self, claim: Claim) -> int:
        """Take what a call may cost, before it is made; for how many such calls it was taken.

        Raises BudgetExceeded.
        """
        now = self._clock()
        if now - self._swept >= SWEEP_S:
            self._sweep(now)
        try:
            return self._store.reserve(claim, now)
        except BudgetExceeded:
            if not self._sweep(now):
                raise
            return self._store.reserve(claim, now)

    def shrink(self, claim_id: str, left: Amount) -> None:
        """Hold no more than `left` any longer. Safe to call again, late and in any order."""
        self._store.shrink(claim_id, left)

    def settle(self, claim_id: str, used: Amount) -> None:
        """Count what a call used; nothing when it failed. Safe to call again."""
        self._store.settle(claim_id, used)

    def spent(self, tenant: str | None = None) -> Sequence[Spending]:
        """What is spent and held in the days and months of now."""
        now = self._clock()
        self._sweep(now)
        return self._store.spent(now, tenant)

    def _sweep(self, now: float) -> int:
        self._swept = now
        return self._store.sweep(now)
