"""Charges: taken before, settled after, whatever becomes of the call in between."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from deployments.accounting import Accounting, Charge, Purpose
from deployments.charged_chat import ChargedChat
from models.deadline import Deadline
from models.errors import (
    BudgetExceeded,
    DeadlineExceeded,
    ModelUnavailable,
    PodiumError,
    RateLimited,
    ReplicaLost,
)
from models.messages import ChatRequest, Message, Sampling, Usage
from models.tariff import NANO
from models.testing.scripted import ScriptedChat, say_in_turn
from router.budget import NOTHING, Amount, Claim, exceeded
from router.budget_estimate import prompt_bound
from router.costs import CallCost
from router.key_limits import KeyLimits, limits_of
from router.keys import DEFAULT_SCOPES, Principal
from router.rate_book import TOKENS, RateBook
from tests.scripted_world import card

LOCAL = card("mistral")
PAID = card(
    "paid", "openai", "openai_compatible", price={"in": 1.0, "out": 1.0}, base_url="https://x"
)
ASK = ChatRequest("mistral", (Message("user", "Hi"),), Sampling(max_tokens=50))
MOST = Amount(100)
BUDGET = limits_of(tokens_per_day=1000)


@dataclass
class Books:
    """State as the gateway reaches it: keeps what it is told, or fails."""

    name: str = "state"
    claims: list[Claim] = field(default_factory=list)
    settled: list[tuple[str, Amount]] = field(default_factory=list)
    costs: list[CallCost] = field(default_factory=list)
    calls: int = 0
    failure: Exception | None = None
    plenty: bool = False
    told: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self, method: str, *args: Any, deadline: Deadline) -> Any:
        if method == "record_costs":
            self.costs += args[0]
            return None
        self.calls += 1
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        if method == "reserve":
            self.claims.append(args[0])
            return args[0].ahead if self.plenty else 1
        self.settled.append(args)
        self.told.set()
        return None

    def stream(self, method: str, *args: Any, deadline: Deadline) -> Any:
        raise AssertionError("nothing is streamed here")


@dataclass
class Desk:
    books: Books = field(default_factory=Books)
    rates: RateBook = field(default_factory=RateBook)

    def __post_init__(self) -> None:
        self.accounting = Accounting(self.books, self.rates, 300.0)

    def charge(self, who: Principal, most: Amount = MOST, model: Any = LOCAL) -> Charge:
        return Charge(self.accounting, who, model, most)

    def chat(self, chat: Any, who: Principal) -> ChargedChat:
        return ChargedChat(chat, LOCAL, 2048, who, self.accounting)

    async def settlement(self) -> Amount:
        """What the only claim came to."""
        await self.books.told.wait()
        ((_, used),) = self.books.settled
        return used


@pytest.fixture
def desk() -> Desk:
    return Desk()


def who(limits: KeyLimits = BUDGET) -> Principal:
    return Principal("acme", "k1", DEFAULT_SCOPES, limits=limits)


async def test_a_call_that_ends_well_costs_what_it_used(desk: Desk) -> None:
    async with desk.charge(who()) as charge:
        assert desk.books.claims[0].lines[0].amount == 100
        charge.used(Usage(3, 4, 0))
    assert desk.books.settled == [(desk.books.claims[0].id, Amount(7))]


@pytest.mark.parametrize(
    "limits", [KeyLimits(), limits_of(rpm=5, tpm=500), limits_of(budget_usd=["5/day"])], ids=str
)
async def test_local_calls_without_a_budget_of_tokens_ask_nobody(
    desk: Desk, limits: KeyLimits
) -> None:
    async with desk.charge(who()) as charge:
        charge.used(Usage(3, 4))
    assert desk.books.calls == 2
    async with desk.charge(who(limits)) as charge:
        charge.used(Usage(3, 4))
    assert desk.books.calls == 2


async def test_a_failed_call_costs_nothing(desk: Desk) -> None:
    with pytest.raises(ModelUnavailable):
        async with desk.charge(who()):
            raise ModelUnavailable("Gone.")
    assert await desk.settlement() == NOTHING


@pytest.mark.parametrize("error", [DeadlineExceeded("Late."), ReplicaLost("Killed.")])
async def test_a_call_whose_use_nobody_knows_costs_the_most_it_could(
    desk: Desk, error: PodiumError
) -> None:
    with pytest.raises(type(error)):
        async with desk.charge(who()):
            raise error
    assert await desk.settlement() == MOST


async def test_a_call_whose_client_left_costs_the_most_it_could(desk: Desk) -> None:
    begun = asyncio.Event()

    async def call() -> None:
        async with desk.charge(who()):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(call())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await desk.settlement() == MOST


async def test_a_stream_that_is_left_costs_its_prompt_and_what_was_delivered(desk: Desk) -> None:
    stream: Any = desk.chat(ScriptedChat(say_in_turn("one two three four")), who()).stream(
        ASK, Deadline.after(60)
    )
    first = await anext(stream)
    await stream.aclose()
    assert await desk.settlement() == Amount(prompt_bound(ASK) + len(first.text))


async def test_whole_answers_and_streams_cost_what_the_model_says(desk: Desk) -> None:
    chat = desk.chat(ScriptedChat(say_in_turn("one two three four")), who())
    whole = await chat.complete(ASK, Deadline.after(60))
    deltas = [delta async for delta in chat.stream(ASK, Deadline.after(60))]
    usage = whole.usage
    assert deltas[-1].usage == usage
    used = Amount(usage.prompt_tokens + usage.completion_tokens)
    assert used.tokens > 0
    assert [amount for _, amount in desk.books.settled] == [used, used]


async def test_an_exceeded_budget_stops_the_call_and_gives_the_minute_back(desk: Desk) -> None:
    limited = who(replace(BUDGET, tpm=100))
    desk.books.failure = BudgetExceeded("No.")
    with pytest.raises(BudgetExceeded):
        async with desk.charge(limited):
            raise AssertionError("the call was made")
    standing = desk.rates.standing(limited, TOKENS)
    assert standing is not None and standing.remaining == 100
    assert desk.books.settled == []


async def test_a_spent_minute_asks_nobody(desk: Desk) -> None:
    limited = who(replace(BUDGET, tpm=100))
    async with desk.charge(limited):
        with pytest.raises(RateLimited):
            async with desk.charge(limited):
                raise AssertionError("the call was made")
    assert len(desk.books.claims) == 1


async def test_state_down_serves_nobody_who_has_a_budget(desk: Desk) -> None:
    """Whether the reservation was made nobody knows, so it is let go as well."""
    desk.books.failure = ModelUnavailable("Gone.")
    with pytest.raises(ModelUnavailable):
        async with desk.charge(who()):
            raise AssertionError("the call was made")
    assert await desk.settlement() == NOTHING


async def test_a_settlement_that_fails_is_tried_again(desk: Desk) -> None:
    async with desk.charge(who()) as charge:
        desk.books.failure = ModelUnavailable("Gone.")
        charge.used(Usage(3, 4))
    assert desk.books.settled == [(desk.books.claims[0].id, Amount(7))]
    assert desk.books.calls == 3


async def test_a_model_whose_price_nobody_named_counts_as_the_dearest(desk: Desk) -> None:
    dollars = who(limits_of(budget_usd=["5/day"]))
    async with desk.charge(dollars, Amount(100, NANO), PAID) as charge:
        charge.used(Usage(3, 4))
    assert desk.books.settled[0][1] == Amount(7, 7000)
    unpriced = PAID.model_copy(update={"price": None})
    async with desk.charge(dollars, Amount(100, NANO), unpriced) as charge:
        charge.used(Usage(3, 4))
    assert desk.books.settled[1][1].nano_usd > 7000


async def test_every_settled_call_leaves_one_row_of_costs(desk: Desk) -> None:
    nobody = who(KeyLimits())
    purpose = Purpose("pipeline/support")
    async with Charge(desk.accounting, nobody, PAID, MOST, purpose) as charge:
        charge.used(Usage(3, 4))
    with pytest.raises(ModelUnavailable):
        async with desk.charge(nobody, MOST, PAID):
            raise ModelUnavailable("Gone.")
    stream: Any = desk.chat(ScriptedChat(say_in_turn("one two three")), nobody).stream(
        ASK, Deadline.after(60)
    )
    await anext(stream)
    await stream.aclose()
    await desk.accounting.costs.flush()
    done, cancelled = desk.books.costs
    assert (done.nano, done.usage, done.ended, done.pipeline) == (
        7000, Usage(3, 4), "done", "pipeline/support",
    )  # fmt: skip
    assert (done.tenant, done.key_id, done.model, done.measured) == ("acme", "k1", "paid", True)
    assert (cancelled.ended, cancelled.measured, cancelled.pipeline) == ("cancelled", False, "")
    assert cancelled.usage.prompt_tokens > prompt_bound(ASK)
    assert desk.books.calls == 0


async def test_the_budget_of_a_pipeline_is_reserved_beside_the_keys(desk: Desk) -> None:
    day = limits_of(budget_usd=["5/day"]).budgets[0]
    purpose = Purpose("pipeline/support", (day,))
    async with Charge(desk.accounting, who(), PAID, Amount(100, 9), purpose) as charge:
        charge.used(Usage(3, 4))
    lines = desk.books.claims[0].lines
    assert [(line.key_id, line.amount) for line in lines] == [("k1", 100), ("pipeline/support", 9)]
    assert "pipeline 'support'" in exceeded(lines[1], 1, 0.0).message
