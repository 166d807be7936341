"""Whatever two tenants do with the state, neither sees, changes or uses up anything of the other's.

Noninterference: what one tenant is answered is the same, to the byte, whether the other is there
or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import PodiumError
from router.budget import Amount, Budget, Claim, Unit, Window, lines_of
from router.key_limits import KeyLimits
from router.keys import Key
from router.label import Label, Level
from router.store.accounts import Accounts
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.records import RunRecord
from router.store.sql_budgets import SqlBudgetStore
from router.store.sql_keys import SqlKeyStore
from router.store.sql_runs import SqlRunStore
from router.store.state import NewKey, State

NAMES = ("r1", "r2")
TOKENS = Budget(Unit.TOKENS, Window.DAY, 40)
# "a" and "a-b": a tenant's name may begin with another's.
TENANTS = ("a", "a-b")

ACTIONS = st.tuples(
    st.sampled_from(TENANTS),
    st.one_of(
        st.tuples(st.just("save"), st.sampled_from(NAMES), st.integers(0, 9)),
        st.tuples(st.just("run"), st.sampled_from(NAMES)),
        st.tuples(st.just("recent")),
        st.tuples(st.just("create"), st.sampled_from(NAMES)),
        st.tuples(st.just("revoke"), st.integers(0, 3)),
        st.tuples(st.just("keys")),
        st.tuples(st.just("limit"), st.integers(1, 9)),
        st.tuples(st.just("use"), st.sampled_from(["k1", "k2"]), st.integers(1, 30)),
        st.tuples(st.just("spent")),
    ),
)


class Office:
    """The state as one tenant's clients reach it; ids are drawn by each tenant in turn."""

    def __init__(self, engine: Any) -> None:
        self._drawn = dict.fromkeys(TENANTS, 0)
        self._turn = ""
        self.state = State(
            SqlKeyStore(engine), SqlRunStore(engine), bytes(32), clock=lambda: 9.0, draw=self._draw
        )
        self.books = Accounts(SqlBudgetStore(engine), clock=lambda: 9.0)
        self._made: dict[str, list[Key]] = {name: [] for name in TENANTS}
        self._claims = count()

    def _draw(self, length: int) -> str:
        self._drawn[self._turn] += 1
        return str(self._drawn[self._turn]).rjust(length, "x")

    def do(self, tenant: str, action: tuple[Any, ...]) -> str:
        """What the tenant is answered, as text."""
        self._turn = tenant
        kind, *more = action
        try:
            return repr(getattr(self, f"_{kind}")(tenant, *more))
        except PodiumError as error:
            return f"{type(error).__name__} {error.message} {error.param}"

    def _save(self, tenant: str, name: str, cost: int) -> None:
        self.state.record_run(
            RunRecord(tenant, name, "p", "1", "succeeded", float(cost), 1.0, Label(Level.PUBLIC))
        )

    def _run(self, tenant: str, name: str) -> Any:
        return self.state.run(tenant, name)

    def _recent(self, tenant: str) -> Any:
        return self.state.recent_runs(tenant)

    def _create(self, tenant: str, name: str) -> Any:
        self._made[tenant].append(self.state.create_key(NewKey(tenant, name=name)))
        return str(self._made[tenant][-1])

    def _revoke(self, tenant: str, number: int) -> None:
        ids = [key.id for key in self._made[tenant]]
        self.state.revoke_key(tenant, ids[number] if number < len(ids) else "none")

    def _keys(self, tenant: str) -> Any:
        return self.state.list_keys(tenant)

    def _limit(self, tenant: str, rpm: int) -> None:
        self.state.limit_tenant(tenant, KeyLimits(rpm=rpm))

    def _use(self, tenant: str, key: str, tokens: int) -> None:
        lines = lines_of(tenant, [(key, [TOKENS]), ("", [TOKENS])], Amount(tokens))
        claim = Claim(f"c{next(self._claims)}", lines, 60.0)
        self.books.reserve(claim)
        self.books.settle(claim.id, Amount(tokens // 2))

    def _spent(self, tenant: str) -> Any:
        return self.books.spent(tenant)


@contextmanager
def office() -> Iterator[Office]:
    with TemporaryDirectory() as folder:
        engine = open_sqlite(Path(folder) / "state.sqlite")
        upgrade(engine)
        yield Office(engine)
        engine.dispose()


def answers(actions: list[tuple[str, tuple[Any, ...]]], tenant: str) -> list[str]:
    """What `tenant` is answered while all the actions are done in their order."""
    with office() as one:
        told = [(who, one.do(who, action)) for who, action in actions]
    return [text for who, text in told if who == tenant]


@settings(max_examples=15, deadline=None)
@given(st.lists(ACTIONS, max_size=30))
def test_a_tenant_is_answered_as_if_it_were_alone(actions: list[Any]) -> None:
    for tenant in TENANTS:
        alone = [one for one in actions if one[0] == tenant]
        assert answers(actions, tenant) == answers(alone, tenant)


def test_the_probe_sees_what_is_there() -> None:
    """Presence: a tenant's own actions do change what it is answered."""
    save, look = ("a", ("save", "r1", 3)), ("a", ("run", "r1"))
    assert "NotFound" in answers([look], "a")[0]
    assert "r1" in answers([save, look], "a")[1]
    use = ("a", ("use", "k1", 30))
    assert "BudgetExceeded" in answers([use, use], "a")[1]
    assert "tokens" in answers([use, ("a", ("spent",))], "a")[1]
    assert "name='r2'" in answers([("a", ("create", "r2")), ("a", ("keys",))], "a")[1]
