"""Laws of limits: no minute and no window ever sees more, whatever is asked in whatever order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BudgetExceeded
from router.budget import Amount, Budget, Claim, Line, Unit, Window
from router.rate import SlidingWindow
from router.store.accounts import Accounts
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.sql_budgets import SqlBudgetStore

LIMIT = 20
STEPS = st.tuples(st.floats(0, 40), st.integers(1, LIMIT))


@given(st.lists(STEPS, max_size=60))
def test_no_sixty_seconds_see_more_than_the_limit(steps: list[tuple[float, int]]) -> None:
    window, now = SlidingWindow(), 0.0
    let_in: list[tuple[float, int]] = []
    for gap, amount in steps:
        now += gap
        if window.wait(amount, LIMIT, now) == 0:
            window.add(amount, now)
            let_in.append((now, amount))
    for first, _ in let_in:
        assert sum(amount for at, amount in let_in if first <= at < first + 60) <= LIMIT


@given(st.lists(STEPS, min_size=1, max_size=30), st.integers(1, LIMIT))
def test_after_the_wait_it_fits(steps: list[tuple[float, int]], amount: int) -> None:
    window, now = SlidingWindow(), 0.0
    for gap, taken in steps:
        now += gap
        window.add(taken, now)
    wait = window.wait(amount, LIMIT, now)
    assert window.wait(amount, LIMIT, now + wait) == 0


TENANTS = ("acme", "other")
KEYS = ("", "k1", "k2")
BUDGETS = (Budget(Unit.TOKENS, Window.DAY, 50), Budget(Unit.USD, Window.MONTH, 70))
LINES = st.builds(
    Line,
    tenant=st.sampled_from(TENANTS),
    key_id=st.sampled_from(KEYS),
    budget=st.sampled_from(BUDGETS),
    amount=st.integers(1, 60),
)
ACTIONS = st.one_of(
    st.tuples(st.just("reserve"), st.lists(LINES, min_size=1, max_size=3, unique_by=lambda line: (
        line.tenant, line.key_id, line.budget))),
    st.tuples(st.just("settle"), st.integers(0, 20), st.integers(0, 60)),
    st.tuples(st.just("shrink"), st.integers(0, 20), st.integers(0, 60)),
    st.tuples(st.just("wait"), st.integers(1, 40)),
)  # fmt: skip


@contextmanager
def accounts(clock: Callable[[], float]) -> Iterator[Accounts]:
    with TemporaryDirectory() as folder:
        engine = open_sqlite(Path(folder) / "state.sqlite")
        upgrade(engine)
        yield Accounts(SqlBudgetStore(engine), clock=clock)
        engine.dispose()


Place = tuple[str, str, Budget]


class Model:
    """The books as plain dictionaries; reservations last 30 seconds."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.held: dict[str, tuple[float, dict[Place, int]]] = {}
        self.expired: dict[str, dict[Place, int]] = {}
        self.spent: dict[Place, int] = defaultdict(int)

    def reserve(self, name: str, lines: tuple[Line, ...]) -> bool:
        self._sweep()
        mine = {(one.tenant, one.key_id, one.budget): one.amount for one in lines}
        fits = all(sum(self.standing(one)) + mine[one] <= one[2].limit for one in mine)
        if fits:
            self.held[name] = (self.now + 30, mine)
        return fits

    def settle(self, name: str, used: Amount) -> None:
        _, lines = self.held.pop(name, (0.0, self.expired.pop(name, {})))
        for place in lines:
            self.spent[place] += used.of(place[2].unit)

    def shrink(self, name: str, left: Amount) -> None:
        until, lines = self.held.get(name, (0.0, {}))
        if lines:
            self.held[name] = (
                until,
                {place: min(amount, left.of(place[2].unit)) for place, amount in lines.items()},
            )

    def standing(self, place: Place) -> tuple[int, int]:
        self._sweep()
        return self.spent[place], sum(lines.get(place, 0) for _, lines in self.held.values())

    def _sweep(self) -> None:
        for name in [name for name, (until, _) in self.held.items() if until <= self.now]:
            self.expired[name] = self.held.pop(name)[1]


def reserved(books: Accounts, name: str, lines: tuple[Line, ...]) -> bool:
    try:
        books.reserve(Claim(name, lines, 30.0))
    except BudgetExceeded:
        return False
    return True


@settings(max_examples=30, deadline=None)
@given(st.lists(ACTIONS, max_size=25))
def test_the_books_agree_with_a_model_in_memory(actions: list[Any]) -> None:
    """Budgets of two tenants and their keys; a refusal changes nothing, a tenant no other's."""
    model = Model()
    with accounts(lambda: model.now) as books:
        for number, (kind, *more) in enumerate(actions):
            if kind == "wait":
                model.now += more[0]
            elif kind == "settle":
                model.settle(f"c{more[0]}", Amount(more[1], more[1]))
                books.settle(f"c{more[0]}", Amount(more[1], more[1]))
            elif kind == "shrink":
                model.shrink(f"c{more[0]}", Amount(more[1], more[1]))
                books.shrink(f"c{more[0]}", Amount(more[1], more[1]))
            else:
                lines = tuple(more[0])
                assert reserved(books, f"c{number}", lines) == model.reserve(f"c{number}", lines)
        found = {(one.tenant, one.key_id, one.unit): (one.spent, one.held) for one in books.spent()}
        for place in product(TENANTS, KEYS, BUDGETS):
            told = found.get((place[0], place[1], place[2].unit), (0, 0))
            assert told == model.standing(place)
