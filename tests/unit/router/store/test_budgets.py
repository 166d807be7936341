"""Budgets in the database: racers, expiry, settlement, and all lines or none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from models.errors import BudgetExceeded, Unavailable
from models.tariff import NANO
from router.budget import NOTHING, Amount, Budget, Claim, Line, Unit, Window
from router.store.accounts import SWEEP_S, Accounts
from router.store.engine import open_sqlite
from router.store.group_commit import GroupCommit
from router.store.sql_budgets import REMEMBERED_S, SqlBudgetStore
from router.store.tables import reservations, spending
from tests.unit.router.store.conftest import Clock

TOKENS = Budget(Unit.TOKENS, Window.DAY, 100)
USD = Budget(Unit.USD, Window.MONTH, 5 * NANO)
RACERS = 8
EACH = 5


def claim(id: str, amount: int = 10, budget: Budget = TOKENS, key: str = "k1") -> Claim:
    return Claim(id, (Line("acme", key, budget, amount),), 60.0)


@pytest.fixture
def store(engine: Engine) -> SqlBudgetStore:
    return SqlBudgetStore(engine)


@pytest.fixture
def accounts(store: SqlBudgetStore, clock: Clock) -> Accounts:
    return Accounts(store, clock=clock)


def spent(accounts: Accounts, key: str = "k1") -> tuple[int, int]:
    for one in accounts.spent("acme"):
        if one.key_id == key:
            return one.spent, one.held
    return 0, 0


def test_what_is_held_becomes_what_was_used(accounts: Accounts) -> None:
    accounts.reserve(claim("a", 60))
    assert spent(accounts) == (0, 60)
    accounts.settle("a", Amount(tokens=7))
    assert spent(accounts) == (7, 0)
    accounts.reserve(claim("b", 93))
    accounts.settle("b", NOTHING)
    assert spent(accounts) == (7, 0)


def test_the_last_token_may_be_used_and_not_one_more(accounts: Accounts) -> None:
    accounts.reserve(claim("a", 99))
    with pytest.raises(BudgetExceeded, match="1 tokens left") as caught:
        accounts.reserve(claim("b", 2))
    assert caught.value.retry_after == 86_400 - 1_000
    accounts.reserve(claim("c", 1))


def test_all_lines_or_none(accounts: Accounts) -> None:
    tenant, key = Line("acme", "", TOKENS, 60), Line("acme", "k1", USD, NANO)
    accounts.reserve(Claim("a", (tenant, key), 60.0))
    assert (spent(accounts, ""), spent(accounts)) == ((0, 60), (0, NANO))
    with pytest.raises(BudgetExceeded, match="the tenant 'acme'"):
        accounts.reserve(Claim("b", (key, tenant), 60.0))
    assert (spent(accounts, ""), spent(accounts)) == ((0, 60), (0, NANO))
    accounts.settle("a", Amount(tokens=5, nano_usd=3))
    assert (spent(accounts, ""), spent(accounts)) == ((5, 0), (3, 0))


def test_a_settlement_counts_once_however_often_it_comes(accounts: Accounts) -> None:
    accounts.reserve(claim("a", 60))
    for _ in range(3):
        accounts.settle("a", Amount(tokens=7))
    accounts.settle("unheard of", Amount(tokens=50))
    assert spent(accounts) == (7, 0)


def test_what_nobody_needs_is_given_back_and_stays_free(accounts: Accounts) -> None:
    accounts.reserve(claim("a", 100))
    with pytest.raises(BudgetExceeded):
        accounts.reserve(claim("b", 70))
    for _ in range(2):
        accounts.shrink("a", Amount(tokens=30))
        assert spent(accounts) == (0, 30)
    accounts.reserve(claim("b", 70))
    accounts.settle("a", Amount(tokens=25))
    assert spent(accounts) == (25, 70)


def test_what_is_held_never_grows(accounts: Accounts) -> None:
    accounts.reserve(claim("a", 50))
    accounts.reserve(claim("other", 5))
    for left in (40, 45, 50, 100):
        accounts.shrink("a", Amount(tokens=left))
        assert spent(accounts) == (0, 45)
    accounts.settle("a", Amount(tokens=7))
    assert spent(accounts) == (7, 5)


def test_each_line_shrinks_by_its_own_unit_and_no_other_claim(accounts: Accounts) -> None:
    lines = (Line("acme", "", TOKENS, 60), Line("acme", "k1", USD, NANO))
    accounts.reserve(Claim("a", lines, 60.0))
    accounts.reserve(Claim("b", (Line("acme", "k1", USD, 100),), 60.0))
    accounts.shrink("a", Amount(tokens=20, nano_usd=2 * NANO))
    assert (spent(accounts, ""), spent(accounts)) == ((0, 20), (0, NANO + 100))
    accounts.shrink("a", Amount(tokens=0, nano_usd=7))
    assert (spent(accounts, ""), spent(accounts)) == ((0, 0), (0, 107))
    accounts.settle("a", Amount(tokens=3, nano_usd=5))
    assert (spent(accounts, ""), spent(accounts)) == ((3, 0), (5, 100))


def test_a_settled_an_expired_or_an_unknown_claim_does_not_shrink(
    accounts: Accounts, clock: Clock
) -> None:
    accounts.reserve(claim("settled", 60))
    accounts.settle("settled", Amount(tokens=7))
    accounts.reserve(claim("expired", 60))
    clock.now += 60
    accounts.reserve(claim("held", 90))
    for id in ("settled", "expired", "unheard of"):
        accounts.shrink(id, Amount(tokens=1))
    assert spent(accounts) == (7, 90)


def test_what_a_killed_gateway_held_comes_back(accounts: Accounts, clock: Clock) -> None:
    accounts.reserve(claim("a", 100))
    clock.now += 59
    with pytest.raises(BudgetExceeded):
        accounts.reserve(claim("b", 100))
    clock.now += 1
    accounts.reserve(claim("c", 100))
    assert spent(accounts) == (0, 100)


def test_a_settlement_after_the_expiry_still_counts_and_frees_nothing_twice(
    accounts: Accounts, clock: Clock
) -> None:
    accounts.reserve(claim("late", 60))
    clock.now += 60
    accounts.reserve(claim("b", 100))
    for _ in range(2):
        accounts.settle("late", Amount(tokens=7))
    assert spent(accounts) == (7, 100)


def test_a_new_window_begins_with_nothing_and_late_use_counts_for_its_own(
    accounts: Accounts, clock: Clock
) -> None:
    accounts.reserve(claim("a", 100))
    clock.now = 86_400.0
    accounts.reserve(claim("b", 90))
    accounts.settle("a", Amount(tokens=100))
    assert spent(accounts) == (0, 90)


def test_old_reservations_are_forgotten(accounts: Accounts, clock: Clock, engine: Engine) -> None:
    accounts.reserve(claim("a"))
    accounts.settle("a", Amount(tokens=1))
    clock.now += 60 + REMEMBERED_S + SWEEP_S
    accounts.reserve(claim("b"))
    with engine.connect() as connection:
        assert connection.scalars(select(reservations.c.id)).all() == ["b"]


class ReadThenWrite(SqlBudgetStore):
    """What must not be: looks, then writes; `between` is passed in the middle."""

    def __init__(self, engine: Engine, between: Callable[[], object]) -> None:
        super().__init__(engine)
        self._own = engine
        self._between = between

    def reserve(self, claim: Claim, now: float) -> None:
        (line,) = claim.lines
        with self._own.connect() as connection:
            used = connection.scalar(select(spending.c.spent + spending.c.held)) or 0
        self._between()
        if used + line.amount > line.budget.limit:
            raise BudgetExceeded("No.")
        with self._own.begin() as connection:
            connection.execute(update(spending).values(held=spending.c.held + line.amount))


@contextmanager
def processes(path: Path) -> Iterator[list[Engine]]:
    """One pool a racer, as processes have them: nothing is shared but the file."""
    engines = [open_sqlite(path) for _ in range(RACERS)]
    yield engines
    for engine in engines:
        engine.dispose()


def race(stores: list[SqlBudgetStore]) -> int:
    """How many of the racers' claims of 10 tokens each were granted."""
    start = threading.Barrier(len(stores))

    def run(number: int) -> int:
        start.wait(30)
        granted = 0
        for turn in range(EACH):
            try:
                stores[number].reserve(claim(f"{number}-{turn}"), 1000.0)
                granted += 1
            except BudgetExceeded:
                continue
        return granted

    with ThreadPoolExecutor(len(stores)) as pool:
        return sum(pool.map(run, range(len(stores))))


def test_racers_never_pass_the_budget(engine: Engine, tmp_path: Path) -> None:
    """Presence first: reading before writing, racers do pass it; the same race finds it."""
    SqlBudgetStore(engine).reserve(claim("first", 10), 1000.0)
    with processes(tmp_path / "state.sqlite") as engines:
        meet = threading.Barrier(RACERS)
        broken = race([ReadThenWrite(one, lambda: meet.wait(30)) for one in engines])
        assert broken + 1 > TOKENS.limit // 10
    with engine.begin() as connection:
        connection.execute(update(spending).values(held=10))
    with processes(tmp_path / "state.sqlite") as engines:
        granted = race([SqlBudgetStore(one) for one in engines])
    assert granted + 1 == TOKENS.limit // 10
    (now,) = SqlBudgetStore(engine).spent(1000.0)
    assert now.held == TOKENS.limit


def test_a_refusal_in_a_shared_commit_undoes_its_own_work_alone(
    engine: Engine, store: SqlBudgetStore
) -> None:
    """Eight callers of one store, with a lock held until all of them wait."""
    store.reserve(claim("first", 40), 1000.0)
    with ThreadPoolExecutor(RACERS) as pool, engine.connect() as blocker:
        blocker.execute(update(spending).values(held=spending.c.held))
        asked = [pool.submit(store.reserve, claim(str(n), 15), 1000.0) for n in range(RACERS)]
        blocker.rollback()
        refused = [one for one in asked if isinstance(one.exception(30), BudgetExceeded)]
    assert len(refused) == RACERS - 4
    (now,) = store.spent(1000.0)
    assert now.held == 100


def test_a_small_budget_waits_for_another_writer_as_a_large_one_does(
    engine: Engine, store: SqlBudgetStore
) -> None:
    """Too small to be taken ahead of, it is looked at before anything is written."""
    small = Budget(Unit.TOKENS, Window.DAY, 12)
    for amount, outcome in ((10, None), (15, BudgetExceeded)):
        wanted = replace(claim(str(amount), amount, small), ahead=16)
        with ThreadPoolExecutor(1) as pool, engine.connect() as blocker:
            blocker.execute(update(spending).values(held=spending.c.held))
            asked = pool.submit(store.reserve, wanted, 1000.0)
            with pytest.raises(TimeoutError):
                asked.result(0.2)
            blocker.rollback()
            error = asked.exception(30)
        assert error is None if outcome is None else isinstance(error, outcome)


def test_what_fails_with_the_whole_transaction_is_tried_by_itself(engine: Engine) -> None:
    tries: list[bool] = []

    def work(_: object) -> int:
        tries.append(True)
        if len(tries) == 1:
            raise Unavailable("The disk is full.")
        return len(tries)

    assert GroupCommit(engine).run(work) == 2


def test_a_fault_reaches_whoever_caused_it(engine: Engine, store: SqlBudgetStore) -> None:
    store.reserve(claim("taken", 1), 1000.0)
    with pytest.raises(IntegrityError):
        store.reserve(claim("taken", 1), 1000.0)
    store.reserve(claim("free", 1), 1000.0)
    (now,) = store.spent(1000.0)
    assert now.held == 2
