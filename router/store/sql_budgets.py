"""The budget store over SQLAlchemy Core.

A reservation is one conditional UPDATE a budget, all in one transaction: SQLite lets one in at a
time, and PostgreSQL locks the row and looks again. The reservations of many callers share one
commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from models.errors import BudgetExceeded
from router.budget import AHEAD_SHARE, Amount, Claim, Line, Unit, Window, exceeded
from router.store.group_commit import GroupCommit
from router.store.records import Spending
from router.store.tables import reservations, spending

# A settled or expired reservation is remembered this long, so that a late settlement that comes
# twice counts once.
REMEMBERED_S = 3600.0


class SqlBudgetStore:
    """What is spent in `spending`, what is held for calls under way in `reservations`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._group = GroupCommit(engine)

    def reserve(self, claim: Claim, now: float) -> int:
        """Take every line or none, for as many calls as is answered: one, several, or 0 for none.

        Raises BudgetExceeded naming the budget that is too small for one.
        """
        return self._group.run(lambda connection: _reserve(connection, claim, now))

    def shrink(self, claim_id: str, left: Amount) -> None:
        """Hold no more than `left`; a claim that holds less, or is settled, stays as it is."""
        self._group.run(lambda connection: _shrink(connection, claim_id, left))

    def settle(self, claim_id: str, used: Amount) -> None:
        """Count what was used in place of what was reserved; the second time changes nothing.

        What was used counts even when the reservation has expired meanwhile.
        """
        self._group.run(lambda connection: _settle(connection, claim_id, used))

    def sweep(self, now: float) -> int:
        """Let go of what expired calls hold, and forget old ones; how many were let go."""
        return self._group.run(lambda connection: _sweep(connection, now))

    def spent(self, now: float, tenant: str | None = None) -> Sequence[Spending]:
        """What is spent and held in the windows of now."""
        query = select(spending)
        if tenant is not None:
            query = query.where(spending.c.tenant == tenant)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(spending.c.tenant, spending.c.key_id)).all()
        return [_spending(row) for row in rows if row.start == Window(row.span).start(now)]


def _reserve(connection: Connection, claim: Claim, now: float) -> int:
    for count in claim.counts():
        try:
            with connection.begin_nested():
                _reserve_lines(connection, claim, claim.many(count), now, AHEAD_SHARE)
            return count
        except BudgetExceeded:
            continue  # Fewer may still fit, and one call.
    if claim.many_only:
        return 0
    _reserve_lines(connection, claim, claim.lines, now, 1)
    return 1


def _reserve_lines(
    connection: Connection, claim: Claim, lines: Sequence[Line], now: float, times: int
) -> None:
    """Take the lines where each fits `times` over."""
    for line in lines:
        if not _take(connection, line, now, times):
            raise exceeded(line, _left(connection, line, now), now)
    connection.execute(reservations.insert(), [_row(claim, line, now) for line in lines])


def _shrink(connection: Connection, claim_id: str, left: Amount) -> None:
    # A move from held to held: it locks the rows before it reads what they hold.
    for row in _move(connection, reservations.c.id == claim_id, "held", "held"):
        keep = left.of(Unit(row.unit))
        if row.amount > keep:
            connection.execute(update(reservations).where(*_same(row)).values(amount=keep))
            _count(connection, row, row.amount - keep, 0)


def _settle(connection: Connection, claim_id: str, used: Amount) -> None:
    for status in ("held", "expired"):
        for row in _move(connection, reservations.c.id == claim_id, status, "settled"):
            held = row.amount if status == "held" else 0
            _count(connection, row, held, used.of(Unit(row.unit)))


def _sweep(connection: Connection, now: float) -> int:
    gone = _move(connection, reservations.c.expires <= now, "held", "expired")
    for row in gone:
        _count(connection, row, row.amount, 0)
    old = reservations.c.expires <= now - REMEMBERED_S
    connection.execute(delete(reservations).where(old, reservations.c.status != "held"))
    return len(gone)


def _take(connection: Connection, line: Line, now: float, times: int) -> bool:
    if line.amount * times > line.budget.limit:
        return False  # Before a number that no database holds is made of it.
    fits = spending.c.spent + spending.c.held + line.amount * times <= line.budget.limit
    change = (
        update(spending).where(*_place(line, now), fits).values(held=spending.c.held + line.amount)
    )
    if connection.execute(change).rowcount == 1:
        return True
    return _begin_window(connection, line, now) and connection.execute(change).rowcount == 1


def _begin_window(connection: Connection, line: Line, now: float) -> bool:
    """Make the row of a new window; whether it may have been missing."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = {**_names(line), "start": line.budget.window.start(now), "spent": 0, "held": 0}
    made = connection.execute(dialect.insert(spending).values(row).on_conflict_do_nothing())
    return bool(made.rowcount)


def _left(connection: Connection, line: Line, now: float) -> int:
    query = select(spending.c.spent + spending.c.held).where(*_place(line, now))
    return line.budget.limit - int(connection.scalar(query) or 0)


def _move(
    connection: Connection, which: ColumnElement[bool], old: str, new: str
) -> Sequence[Row[Any]]:
    """The reservations that this very statement moved from one status to another, in line order."""
    change = update(reservations).where(which, reservations.c.status == old).values(status=new)
    moved = connection.execute(change.returning(reservations)).all()
    return sorted(moved, key=lambda row: (row.tenant, row.key_id, row.unit, row.span))


def _count(connection: Connection, row: Row[Any], held: int, spent: int) -> None:
    connection.execute(
        update(spending)
        .where(
            spending.c.tenant == row.tenant,
            spending.c.key_id == row.key_id,
            spending.c.unit == row.unit,
            spending.c.span == row.span,
            spending.c.start == row.start,
        )
        .values(held=spending.c.held - held, spent=spending.c.spent + spent)
    )


def _same(row: Row[Any]) -> list[ColumnElement[bool]]:
    """The very line of a reservation."""
    key = reservations.primary_key.columns
    return [column == getattr(row, column.name) for column in key]


def _names(line: Line) -> dict[str, str]:
    return {
        "tenant": line.tenant,
        "key_id": line.key_id,
        "unit": line.budget.unit.value,
        "span": line.budget.window.value,
    }


def _place(line: Line, now: float) -> list[ColumnElement[bool]]:
    named = [spending.c[name] == value for name, value in _names(line).items()]
    return [*named, spending.c.start == line.budget.window.start(now)]


def _row(claim: Claim, line: Line, now: float) -> dict[str, Any]:
    return {
        "id": claim.id,
        **_names(line),
        "start": line.budget.window.start(now),
        "amount": line.amount,
        "status": "held",
        "expires": now + claim.seconds,
    }


def _spending(row: Row[Any]) -> Spending:
    return Spending(
        row.tenant, row.key_id, Unit(row.unit), Window(row.span), row.start, row.spent, row.held
    )
