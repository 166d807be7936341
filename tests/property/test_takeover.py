"""Whoever takes over may be asked, one alone is heard, every call that began is closed and paid."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.accounting import Accounting
from deployments.charged_chat import ChargedChat
from deployments.fallback_chat import FallbackChat
from deployments.hedged_chat import HedgedChat, Hedging
from deployments.outbox import Outbox
from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import DeadlineExceeded, ModelUnavailable, Overloaded, PodiumError
from models.messages import ChatDelta, ChatRequest, Completion, Message, Usage
from router.costs import CallCost
from router.keys import DEFAULT_SCOPES, Principal
from router.rate_book import RateBook
from tests.scripted_world import card

ASK = ChatRequest("m0", (Message("user", "Hi"),))
ERRORS = (ModelUnavailable, Overloaded, DeadlineExceeded)
CARDS = tuple(card(f"m{number}") for number in range(4))
PAID = card("m0", price={"in": 1.0, "out": 1.0})


@dataclass(frozen=True)
class Plan:
    """What a call does: `turns` of the loop until its first piece, `pieces`, then its error."""

    turns: int
    pieces: int
    error: type[PodiumError] | None


PLANS = st.builds(Plan, st.integers(0, 6), st.integers(0, 3), st.none() | st.sampled_from(ERRORS))


@dataclass
class Chat:
    """Follows one plan after another; `ends` tells of every call how it ended."""

    plans: list[Plan]
    ends: list[str] = field(default_factory=list)

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        raise AssertionError("only streams here")

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        number, plan = len(self.ends), self.plans[min(len(self.ends), len(self.plans) - 1)]
        self.ends.append("open")
        try:
            for _ in range(plan.turns):
                await asyncio.sleep(0)
            for _ in range(plan.pieces):
                yield ChatDelta(text=f"{number} ")
            if plan.error is not None:
                raise plan.error("as planned")
            yield ChatDelta(finish_reason="stop", usage=Usage(1, plan.pieces))
            self.ends[number] = "done"
        except PodiumError:
            self.ends[number] = "failed"
            raise
        finally:
            if self.ends[number] == "open":
                self.ends[number] = "cancelled"


@given(
    plans=st.lists(PLANS, min_size=4, max_size=4),
    denied=st.lists(st.sets(st.integers(1, 3)), min_size=4, max_size=4),
)
def test_a_fallback_is_eligible_when_it_is_asked_and_never_follows_a_piece(
    plans: list[Plan], denied: list[set[int]]
) -> None:
    """`denied` are the models that the policy denies once so many were asked."""
    chats = [Chat([plan]) for plan in plans]
    asked: list[int] = []

    def port(one: ModelCard) -> Any:
        number = int(one.id[1:])
        assert number == 0 or number not in denied[len(asked)], "an ineligible model was asked"
        asked.append(number)
        return chats[number]

    def may_ask(one: ModelCard) -> bool:
        return int(one.id[1:]) not in denied[len(asked)]

    chain = FallbackChat(CARDS, port, may_ask)
    text, error = asyncio.run(_read(chain))
    assert asked == sorted(set(asked)) and asked[0] == 0
    assert len({piece for piece in text.split()}) <= 1
    for number in asked[:-1]:
        assert plans[number].pieces == 0 and plans[number].error is not None
    assert chain.answering.id == f"m{asked[-1]}"
    last = plans[asked[-1]]
    assert (error is None) == (last.error is None)
    assert all(set(chats[number].ends) <= {"done", "failed"} for number in range(4))
    assert [number for number in range(4) if chats[number].ends] == asked


def test_the_same_chain_goes_on_where_the_policy_lets_it() -> None:
    chats = {one.id: Chat([Plan(0, 0, ModelUnavailable)]) for one in CARDS}
    chain = FallbackChat(CARDS, lambda one: chats[one.id], lambda one: True)
    asyncio.run(_read(chain))
    assert all(chat.ends == ["failed"] for chat in chats.values())


@dataclass
class Nobody:
    """State is asked nothing by a key without a budget."""

    name: str = "state"

    async def call(self, method: str, *args: Any, deadline: Deadline) -> Any:
        raise AssertionError(method)

    def stream(self, method: str, *args: Any, deadline: Deadline) -> Any:
        raise AssertionError(method)


class Rows(Outbox[CallCost]):
    """Keeps the rows of costs."""

    def __init__(self) -> None:
        super().__init__(Nobody(), "record_costs", 1)
        self.rows: list[CallCost] = []

    def add(self, row: CallCost) -> None:
        self.rows.append(row)


@settings(deadline=None)
@given(first=PLANS, second=PLANS, leaves_after=st.none() | st.integers(0, 2))
def test_of_two_racers_one_is_heard_and_both_are_closed_and_accounted(
    first: Plan, second: Plan, leaves_after: int | None
) -> None:
    chat, rows = Chat([first, second]), Rows()
    accounting = Accounting(Nobody(), RateBook(), 60.0)
    accounting.costs = rows
    who = Principal("acme", "k1", DEFAULT_SCOPES)
    charged = ChargedChat(chat, PAID, 2048, who, accounting)
    raced = HedgedChat(charged, _racing())
    text, error, ends = asyncio.run(_read_and_look(raced, chat, leaves_after))
    assert len(ends) <= 2 and "open" not in ends, "one goes on although nobody listens"
    assert len({piece for piece in text.split()}) <= 1, "two answers were mixed"
    # A call that failed before it gave anything costs nothing; every other has a row.
    paid = [end for end, plan in zip(chat.ends, (first, second), strict=False)
            if end != "failed" or plan.pieces or plan.error is DeadlineExceeded]  # fmt: skip
    assert len(rows.rows) == len(paid)
    if error is None and leaves_after is None:
        assert "done" in chat.ends
        assert sum(row.ended == "done" for row in rows.rows) == 1


def test_racers_do_race() -> None:
    chat = Chat([Plan(50, 1, None), Plan(0, 1, None)])
    text, _ = asyncio.run(_read(HedgedChat(chat, _racing())))
    assert (text, chat.ends) == ("1 ", ["cancelled", "done"])


def _racing() -> Hedging:
    """Everything is late at once, and a hedge is left."""
    made = Hedging()
    for _ in range(100):
        made.budget.called()
        made.times.add(0.0)
    return made


async def _read_and_look(
    raced: Any, chat: Chat, leaves_after: int | None
) -> tuple[str, PodiumError | None, list[str]]:
    """What was read, and how the calls stood at that moment: a loop that ends closes them all."""
    text, error = await _read(raced, leaves_after)
    return text, error, list(chat.ends)


async def _read(chat: Any, leaves_after: int | None = None) -> tuple[str, PodiumError | None]:
    """The text of an answer and its error; a reader may leave after so many pieces."""
    text, seen = "", 0
    stream: Any = chat.stream(ASK, Deadline.after(60))
    try:
        async for delta in stream:
            text, seen = text + delta.text, seen + 1
            if leaves_after is not None and seen > leaves_after:
                break
    except PodiumError as error:
        return text, error
    finally:
        await stream.aclose()
    return text, None
