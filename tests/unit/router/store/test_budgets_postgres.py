"""Budgets in PostgreSQL: what shrinks while it is settled elsewhere is freed once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlalchemy import Engine

from models.errors import BudgetExceeded
from router.budget import Amount, Budget, Claim, Line, Unit, Window
from router.ledger.postgres import postgres_engine
from router.store.sql_budgets import SqlBudgetStore
from router.store.tables import metadata
from tests.postgres_server import missing, postgres_server

DAY = Budget(Unit.TOKENS, Window.DAY, 100)
ROUNDS = 25
NOW = 1_000.0


@pytest.fixture
def engines() -> Iterator[list[Engine]]:
    """Two pools over one database, as two processes have them."""
    lacking = missing()
    if lacking:
        pytest.skip(lacking)
    with ExitStack() as stack:
        url = stack.enter_context(postgres_server())
        made = [postgres_engine(url) for _ in range(2)]
        for engine in made:
            stack.callback(engine.dispose)
        metadata.create_all(made[0])
        yield made


def claim(id: str, amount: int) -> Claim:
    return Claim(id, (Line("acme", "k1", DAY, amount),), 60.0)


def test_a_claim_that_shrinks_while_it_is_settled_is_freed_once(engines: list[Engine]) -> None:
    first, second = (SqlBudgetStore(engine) for engine in engines)
    first.reserve(claim("kept", 1), NOW)
    for number in range(ROUNDS):
        name, start = f"c{number}", threading.Barrier(3)
        first.reserve(claim(name, 60), NOW)

        def told(store: SqlBudgetStore, method: str, amount: int) -> None:
            start.wait(30)  # noqa: B023 - joined before the next round
            getattr(store, method)(name, Amount(amount))  # noqa: B023

        with ThreadPoolExecutor(3) as pool:
            asked = [
                pool.submit(told, first, "shrink", 20),
                pool.submit(told, second, "shrink", 30),
                pool.submit(told, second, "settle", 1),
            ]
            for one in asked:
                one.result(30)
        (now,) = first.spent(NOW)
        assert (now.spent, now.held) == (number + 1, 1)


def test_what_is_given_back_is_there_for_another(engines: list[Engine]) -> None:
    first, second = (SqlBudgetStore(engine) for engine in engines)
    first.reserve(claim("a", 100), NOW)
    with pytest.raises(BudgetExceeded):
        second.reserve(claim("b", 70), NOW)
    first.shrink("a", Amount(30))
    first.shrink("a", Amount(60))
    assert second.reserve(claim("b", 70), NOW) == 1
