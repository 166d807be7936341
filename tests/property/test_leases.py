"""Leases on one budget: whatever the order of calls and of messages, never over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import BudgetExceeded
from router.budget import Amount, Claim, lines_of, token_budget
from router.budget_lease import Lease
from router.store.accounts import Accounts
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.sql_budgets import SqlBudgetStore

LIMIT = 600
GATEWAYS = 3
HOLDERS = (("k1", (token_budget(LIMIT),)),)
STEPS = st.one_of(
    st.tuples(st.just("take"), st.integers(0, GATEWAYS - 1), st.integers(1, 12)),
    st.tuples(st.just("end"), st.integers(0, 50), st.integers(0, 12)),
    st.tuples(st.sampled_from(("close", "give back")), st.integers(0, 50)),
    # A message arrives: any of those on their way, and it may come again.
    st.tuples(st.just("arrive"), st.integers(0, 50), st.booleans()),
)


@dataclass
class World:
    """Gateways that take and give back; what they tell State arrives in any order."""

    books: Accounts
    leases: list[Lease] = field(default_factory=list)
    at: dict[int, Lease] = field(default_factory=dict)
    calls: list[tuple[Lease, Amount]] = field(default_factory=list)
    on_their_way: list[tuple[str, str, Amount]] = field(default_factory=list)
    used: int = 0

    def take(self, gateway: int, tokens: int) -> None:
        most, lease = Amount(tokens), self.at.get(gateway)
        if lease is None or not lease.take(most):
            lease = self._claimed(gateway, most)
        if lease is not None:
            self.calls.append((lease, most))

    def end(self, which: int, tokens: int) -> None:
        if not self.calls:
            return
        lease, most = self.calls.pop(which % len(self.calls))
        used = Amount(tokens).at_most(most)
        self.used += used.tokens
        lease.give(most, used)
        self._settle_if_over(lease)

    def close(self, which: int) -> None:
        if self.leases and (lease := self.leases[which % len(self.leases)]).open:
            lease.open = False
            self._settle_if_over(lease)

    def give_back(self, which: int) -> None:
        """A lease that is open is never shrunk: what it has room for may be taken meanwhile."""
        if self.leases and not (lease := self.leases[which % len(self.leases)]).open:
            self.on_their_way.append(("shrink", lease.claim_id, lease.needed))

    def arrive(self, which: int, again: bool) -> None:
        if not self.on_their_way:
            return
        place = which % len(self.on_their_way)
        method, claim_id, amount = self.on_their_way[place]
        getattr(self.books, method)(claim_id, amount)
        if not again:
            del self.on_their_way[place]

    def standing(self) -> tuple[int, int]:
        for one in self.books.spent():
            return one.spent, one.held
        return 0, 0

    def check(self) -> None:
        spent, held = self.standing()
        going = sum(most.tokens for _, most in self.calls)
        assert held >= 0
        assert self.used + going <= spent + held <= LIMIT

    def finish(self) -> None:
        while self.calls:
            self.end(0, 12)
        for number in range(len(self.leases)):
            self.close(number)
        while self.on_their_way:
            self.arrive(0, again=False)

    def _claimed(self, gateway: int, most: Amount) -> Lease | None:
        claim = Claim(f"c{len(self.leases)}", lines_of("acme", HOLDERS, most), 1e6, 5)
        try:
            count = self.books.reserve(claim)
        except BudgetExceeded:
            return None
        if (before := self.at.get(gateway)) is not None:
            self.close(self.leases.index(before))
        lease = self.at[gateway] = Lease(claim.id, most.times(count), most)
        self.leases.append(lease)
        assert lease.take(most)
        return lease

    def _settle_if_over(self, lease: Lease) -> None:
        if lease.over:
            self.on_their_way.append(("settle", lease.claim_id, lease.used))


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_what_is_held_covers_what_goes_on_and_never_passes_the_budget(steps: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        engine = open_sqlite(Path(folder) / "state.sqlite")
        upgrade(engine)
        world = World(Accounts(SqlBudgetStore(engine)))
        for name, *more in steps:
            getattr(world, name.replace(" ", "_"))(*more)
            world.check()
        world.finish()
        assert world.standing() == (world.used, 0)
        engine.dispose()
