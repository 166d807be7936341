"""Many calls, one claim: together never more than the claim, and all of it told to State."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from deployments.budget_desk import BudgetDesk
from deployments.budget_habits import AHEAD, MOST_AHEAD, Habits
from models.deadline import Deadline
from models.errors import BudgetExceeded, ModelUnavailable
from router.budget import NOTHING, Amount, Claim, lines_of, token_budget
from router.store.accounts import Accounts
from router.store.engine import open_sqlite
from router.store.migrate import upgrade
from router.store.sql_budgets import SqlBudgetStore
from tests.forward import Forward

MOST = Amount(100)


class Books:
    """State's own accounts over a database in memory's place; counts what it is asked."""

    name = "state"

    def __init__(self, folder: Any) -> None:
        engine = open_sqlite(folder / "state.sqlite")
        upgrade(engine)
        self.accounts = Accounts(SqlBudgetStore(engine))
        self.calls: list[str] = []
        self.ahead: list[int] = []
        self.failure: Exception | None = None

    async def call(self, method: str, *args: Any, deadline: Deadline) -> Any:
        self.calls.append(method)
        if method == "reserve":
            self.ahead.append(args[0].ahead)
        await asyncio.sleep(0)
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        return getattr(self.accounts, method)(*args)

    def stream(self, method: str, *args: Any, deadline: Deadline) -> Any:
        raise AssertionError("nothing is streamed here")

    @property
    def standing(self) -> tuple[int, int]:
        """Spent and held of the only budget."""
        (one,) = self.accounts.spent()
        return one.spent, one.held


class Bank:
    """A desk and one key with a budget of `limit` tokens a day."""

    def __init__(self, folder: Any, limit: int, lease_s: float = 0.2) -> None:
        self.books = Books(folder)
        self.desk = BudgetDesk(self.books, 300.0, lease_s)
        self.budgets = (("k1", (token_budget(limit),)),)

    async def take(self, most: Amount = MOST) -> Any:
        return await self.desk.take(self.budgets, lines_of("acme", self.budgets, most), most)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for it, 20 seconds at most."""
        for _ in range(1000):
            if true():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(f"never came to be; {self.books.standing}")

    async def settled(self) -> tuple[int, int]:
        """Spent and held once nothing is held any more."""
        for _ in range(200):
            if self.books.standing[1] == 0:
                break
            await asyncio.sleep(0.02)
        return self.books.standing


async def test_the_calls_of_a_moment_are_one_claim_and_one_settlement(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    held = [await bank.take() for _ in range(AHEAD)]
    assert bank.books.calls == ["reserve"]
    assert bank.books.standing == (0, AHEAD * 100)
    for one in held:
        assert bank.desk.settle(one, Amount(7)) is None
    assert await bank.settled() == (AHEAD * 7, 0)
    assert bank.books.calls == ["reserve", "settle"]


async def test_those_who_come_at_once_ask_once(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000, lease_s=3600.0)
    async with asyncio.TaskGroup() as group:
        for _ in range(AHEAD):
            group.create_task(bank.take())
    assert bank.books.calls == ["reserve"]
    await bank.take()
    assert bank.books.calls == ["reserve", "reserve"]
    # For as many again as have begun.
    assert bank.books.standing == (0, (2 * AHEAD + 1) * 100)


async def test_a_holder_that_has_called_before_is_claimed_for_before_it_calls(
    tmp_path: Any,
) -> None:
    bank = Bank(tmp_path, 1_000_000)
    await bank.desk.ready(bank.budgets)
    assert bank.books.calls == []
    bank.desk.settle(await bank.take(), Amount(7))
    assert await bank.settled() == (7, 0)
    bank.books.calls.clear()
    await bank.desk.ready(bank.budgets, "another model")
    assert bank.books.calls == []
    async with asyncio.TaskGroup() as group:
        for _ in range(AHEAD):
            group.create_task(bank.desk.ready(bank.budgets))
    assert bank.books.calls == ["reserve"]
    await bank.take()
    assert bank.books.calls == ["reserve"]
    assert bank.books.standing == (7, AHEAD * 100)


async def test_what_is_ready_and_not_taken_is_given_back(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    bank.desk.settle(await bank.take(), Amount(7))
    await bank.settled()
    await bank.desk.ready(bank.budgets)
    assert bank.books.standing == (7, AHEAD * 100)
    assert await bank.settled() == (7, 0)


async def test_of_a_budget_that_runs_low_nothing_is_kept_ready(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000)
    bank.desk.settle(await bank.take(), NOTHING)
    await bank.settled()
    await asyncio.sleep(0.3)
    before = bank.books.calls[:]
    await bank.desk.ready(bank.budgets)
    assert bank.books.calls == [*before, "reserve"]
    assert bank.books.standing == (0, 0)
    held = [await bank.take() for _ in range(10)]
    assert all(one.alone for one in held)
    await bank.desk.ready(bank.budgets)
    with pytest.raises(BudgetExceeded):
        await bank.take(Amount(1))


async def test_one_that_is_used_up_refuses_the_call_and_not_before(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 100)
    await bank.take()
    await asyncio.sleep(0.4)
    await bank.desk.ready(bank.budgets)
    with pytest.raises(BudgetExceeded):
        await bank.take()


async def test_while_state_is_down_nothing_is_ready(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    bank.desk.settle(await bank.take(), NOTHING)
    await bank.settled()
    bank.books.failure = ModelUnavailable("Gone.")
    with pytest.raises(ModelUnavailable):
        await bank.desk.ready(bank.budgets)


async def test_a_crowd_is_claimed_for_at_once_when_it_comes_again(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 10_000_000)
    for _ in range(2):
        bank.books.ahead.clear()
        async with asyncio.TaskGroup() as group:
            taken = [group.create_task(bank.take()) for _ in range(40)]
        for one in taken:
            bank.desk.settle(one.result(), NOTHING)
        await bank.until(lambda: bank.books.standing[1] == 0)
        await asyncio.sleep(0.3)
    assert bank.books.ahead == [50]


async def test_of_a_budget_without_room_for_a_crowd_a_part_is_taken_ahead(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 10 * 16 * 100)
    lines = lines_of("acme", bank.budgets, MOST)
    assert bank.books.accounts.reserve(Claim("crowd", lines, 300.0, MOST_AHEAD)) == 16
    assert bank.books.standing == (0, 1_600)


def test_of_so_many_holders_the_last_are_known() -> None:
    habits = Habits(most=2)
    for name in ("a", "b", "a", "c"):
        habits.began(name, "", (), MOST)
    assert [habits.known(name) is not None for name in "abc"] == [True, False, True]


async def test_what_a_call_did_not_use_is_room_for_the_next(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000, lease_s=3600.0)
    for _ in range(5 * AHEAD):
        bank.desk.settle(await bank.take(), NOTHING)
    assert bank.books.calls == ["reserve"]


async def test_a_budget_that_runs_low_is_given_out_call_by_call_to_its_last_token(
    tmp_path: Any,
) -> None:
    bank = Bank(tmp_path, 1_000)
    held = [await bank.take() for _ in range(10)]
    assert all(one.alone for one in held)
    with pytest.raises(BudgetExceeded):
        await bank.take(Amount(1))
    settling = bank.desk.settle(held[0], Amount(60))
    assert settling is not None
    await settling
    assert bank.books.standing == (60, 900)
    await bank.take(Amount(40))
    with pytest.raises(BudgetExceeded):
        await bank.take(Amount(1))


async def test_what_runs_low_is_asked_for_one_by_one_until_the_moment_is_over(
    tmp_path: Any,
) -> None:
    bank = Bank(tmp_path, 20_000, lease_s=3600.0)
    lines = lines_of("acme", bank.budgets, Amount(19_000))
    bank.books.accounts.reserve(Claim("most of it", lines, 300.0))
    held = [await bank.take() for _ in range(3)]
    assert bank.books.ahead == [AHEAD, 1, 1]
    bank.books.accounts.settle("most of it", NOTHING)
    for one in held:
        bank.desk.settle(one, NOTHING)
    Forward(asyncio.get_running_loop())(3600.0)
    await bank.until(lambda: not bank.desk._holders)
    await bank.take()
    assert bank.books.ahead == [AHEAD, 1, 1, AHEAD]
    assert bank.books.standing == (0, AHEAD * 100)


async def test_a_refusal_leaves_nothing_to_settle(tmp_path: Any) -> None:
    """Presence: what fails otherwise is settled, for it may have been taken."""
    bank = Bank(tmp_path, 50)
    bank.books.failure = ModelUnavailable("Gone.")
    with pytest.raises(ModelUnavailable):
        await bank.take(Amount(10))
    await bank.desk.close(20.0)
    assert bank.books.calls == ["reserve", "settle"]
    with pytest.raises(BudgetExceeded):
        await bank.take()
    await bank.desk.close(20.0)
    assert bank.books.calls == ["reserve", "settle", "reserve"]


async def test_a_long_call_keeps_what_it_took_when_the_moment_is_over(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    long = await bank.take()
    bank.desk.settle(await bank.take(), Amount(9))
    await asyncio.sleep(0.4)
    assert bank.books.calls == ["reserve", "shrink"]
    other = await bank.take()
    assert other.lease is not long.lease
    bank.desk.settle(long, Amount(50))
    bank.desk.settle(other, NOTHING)
    assert await bank.settled() == (59, 0)


async def test_what_no_call_holds_is_given_back_when_the_moment_is_over(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    long = [await bank.take() for _ in range(3)]
    bank.desk.settle(long.pop(), Amount(9))
    assert bank.books.standing == (0, AHEAD * 100)
    await bank.until(lambda: bank.books.standing == (0, 209))
    assert bank.books.calls == ["reserve", "shrink"]
    for one in long:
        bank.desk.settle(one, Amount(50))
    assert await bank.settled() == (109, 0)


async def test_many_long_streams_of_one_key_leave_the_rest_of_its_budget(tmp_path: Any) -> None:
    """Ten moments with a long call each: what they hold is theirs alone."""
    bank = Bank(tmp_path, 20_000)
    long = []
    for number in range(10):
        long.append(await bank.take())
        assert bank.books.standing[1] == number * 100 + AHEAD * 100
        await bank.until(lambda: bank.books.standing[1] == len(long) * 100)
    assert bank.books.calls.count("settle") == 0
    for one in long:
        bank.desk.settle(one, MOST)
    assert await bank.settled() == (1_000, 0)


async def test_calls_that_end_one_after_another_give_back_now_and_then(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    long = [await bank.take() for _ in range(AHEAD)]
    await asyncio.sleep(0.3)
    assert bank.books.calls == ["reserve"]
    for one in long[:8]:
        bank.desk.settle(one, Amount(10))
    await bank.until(lambda: bank.books.standing == (0, 8 * 100 + 8 * 10))
    assert bank.books.calls == ["reserve", "shrink"]
    bank.desk.settle(long[8], Amount(10))
    await asyncio.sleep(0.5)
    assert bank.books.calls == ["reserve", "shrink"]


async def test_what_state_did_not_hear_is_given_back_later(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    long = await bank.take()
    bank.books.failure = ModelUnavailable("Gone.")
    await bank.until(lambda: bank.books.standing == (0, 100))
    assert bank.books.calls == ["reserve", "shrink", "shrink"]
    bank.desk.settle(long, Amount(50))
    assert await bank.settled() == (50, 0)


async def test_a_desk_that_closes_settles_what_it_has_taken_ahead(tmp_path: Any) -> None:
    """Presence: until it closes, what the calls used stands nowhere but here."""
    bank = Bank(tmp_path, 1_000_000, lease_s=3600.0)
    for _ in range(3):
        bank.desk.settle(await bank.take(), Amount(7))
    assert bank.books.standing == (0, AHEAD * 100)
    await bank.desk.close(60.0)
    assert bank.books.standing == (21, 0)
    assert bank.books.calls == ["reserve", "settle"]


async def test_a_desk_that_closes_waits_for_calls_and_for_an_answer(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    long = await bank.take()
    closing = asyncio.create_task(bank.desk.close(60.0))
    await bank.until(lambda: bank.books.standing == (0, 100))
    bank.books.failure = ModelUnavailable("Gone.")
    bank.desk.settle(long, Amount(50))
    await closing
    assert bank.books.standing == (50, 0)


async def test_a_desk_does_not_close_for_ever(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    long = await bank.take()
    await bank.desk.close(0.05)
    assert bank.books.standing == (0, 100)
    bank.desk.settle(long, Amount(50))
    assert await bank.settled() == (50, 0)


async def test_a_claim_of_which_nobody_knows_is_let_go(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 1_000_000)
    bank.books.failure = ModelUnavailable("Gone.")
    with pytest.raises(ModelUnavailable):
        await bank.take()
    await asyncio.sleep(0.05)
    assert bank.books.calls == ["reserve", "settle"]


async def test_racers_at_the_end_of_a_budget_never_pass_it(tmp_path: Any) -> None:
    """Two gateways: what is taken ahead by one is a tenth, and never more than there is."""
    limit = 40_000
    first = Bank(tmp_path, limit)
    second = BudgetDesk(first.books, 300.0, 0.2)
    used = 0

    async def spend(desk: BudgetDesk) -> None:
        nonlocal used
        lines = lines_of("acme", first.budgets, MOST)
        while True:
            try:
                held = await desk.take(first.budgets, lines, MOST)
            except BudgetExceeded:
                return
            await asyncio.sleep(0)
            used += 100
            desk.settle(held, MOST)

    async with asyncio.TaskGroup() as group:
        for desk in 8 * (first.desk, second):
            group.create_task(spend(desk))
    assert used <= limit
    spent, held = await first.settled()
    assert (spent, held) == (used, 0)
    assert used >= limit * 0.8


def test_a_size_that_no_database_holds_is_refused_not_made(tmp_path: Any) -> None:
    bank = Bank(tmp_path, 2**53)
    lines = lines_of("acme", bank.budgets, Amount(2**53))
    assert bank.books.accounts.reserve(Claim("c", lines, 60.0, AHEAD)) == 1
