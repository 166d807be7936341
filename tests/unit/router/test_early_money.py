"""What is begun of a turn counts against its run's budget, used or thrown away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from models.deadline import Deadline
from models.errors import (
    BudgetExceeded,
    DeadlineExceeded,
    GatePayloadRefused,
    InvalidRequest,
    LedgerUnavailable,
    ModelUnavailable,
    PodiumError,
    ReplicaLost,
)
from models.messages import ChatDelta, ChatRequest, Completion
from router.early import EarlyWork
from router.plan import Plan
from router.steps.kind import RunRequest
from tests.scripted_world import World, card, plan_of, world

STEPS = (
    "  heard: {use: transcribe, with: {audio: input.text}, when: input.text == '', stream: true}\n"
    "  guess: {use: generate, prompt: support/intent@prod, with: {message: input.text}}\n"
    "  answer: {use: generate, prompt: support/intent@prod, with: {message: guess}}\n"
)


def _world(**price: float) -> World:
    """Each call is of 3 tokens and may be of 128, a dollar each."""
    scripted = world("a b c")
    scripted.cards = (card("one", price=price or {"in": 0, "out": 1_000_000}),)
    return scripted


def _plan(usd: float) -> Plan:
    return plan_of(STEPS, budget=f"{{usd: {usd}}}")


async def _attempt(one: World, plan: Plan, text: str, early: EarlyWork) -> None:
    request = RunRequest({"text": text}, early=early)
    await one.executor().rehearse(plan, request, Deadline.after(60))


async def test_an_attempt_that_is_thrown_away_is_spent() -> None:
    one = _world()
    # Three calls of three dollars, the last of which may come to 128.
    plan = _plan(134)
    early = one.executor().early(plan)
    for text in ("My", "My money"):
        await _attempt(one, plan, text, early)
    used = await one.result(plan, {"text": "My money"}, early=early)
    assert (used.status, used.cost_usd) == ("succeeded", 9.0)
    early = one.executor().early(plan)
    for text in ("My", "My money"):
        await _attempt(one, plan, text, early)
    asked = len(one.chat.calls)
    broke = await one.result(plan, {"text": "My money back"}, early=early)
    assert isinstance(broke.error, BudgetExceeded) and broke.error.param == "budget.usd"
    assert (len(one.chat.calls), broke.cost_usd) == (asked + 1, 9.0)
    alone = await one.result(plan, {"text": "My money back"})
    assert (alone.status, alone.cost_usd) == ("succeeded", 6.0)


async def test_an_attempt_is_not_begun_with_money_that_others_have_spent() -> None:
    one = _world()
    for usd, asked in ((131, 2), (130, 1)):
        one.chat.calls.clear()
        plan = _plan(usd)
        early = one.executor().early(plan)
        for text in ("My", "My money"):
            await _attempt(one, plan, text, early)
        assert len(one.chat.calls) == asked


async def test_what_a_run_that_was_stopped_had_asked_is_spent() -> None:
    one, slow = _world(), _Slow()
    one.chats["one"] = slow
    plan, early = _plan(255), EarlyWork(frozenset())
    await _stopped(one, plan, early, slow)
    one.chats.clear()
    done = await one.result(plan, {"text": "Hello there"}, early=early)
    # Nobody knows what the call that was broken off came to: it counts as all it could be.
    assert isinstance(done.error, BudgetExceeded) and done.cost_usd == 128.0
    richer = await one.result(_plan(259), {"text": "Hello there"}, early=early)
    assert (richer.status, richer.cost_usd) == ("succeeded", 134.0)


async def test_seconds_of_an_engine_count_until_it_is_stopped() -> None:
    one, slow = _world(gpu_second=1000), _Slow()
    one.chats["one"] = slow
    plan, early = plan_of(STEPS), EarlyWork(frozenset())
    await _stopped(one, plan, early, slow)
    [call] = early.calls
    assert call.nano == 5_000 * 10**9


@pytest.mark.parametrize(
    ("error", "kept"),
    [(InvalidRequest("no"), 0), (GatePayloadRefused("no"), 0), (LedgerUnavailable("no"), 0),
     (ModelUnavailable("no"), 0), (ReplicaLost("no"), 128), (DeadlineExceeded("no"), 128)],
)  # fmt: skip
async def test_only_a_call_that_may_have_been_answered_keeps_what_was_taken(
    error: PodiumError, kept: int
) -> None:
    one, early = _world(), EarlyWork(frozenset())
    one.chats["one"] = _Refusing(error)
    done = await one.result(_plan(255), {"text": "Hello"}, early=early)
    assert (type(done.error), sum(call.nano for call in early.calls)) == (
        type(error), kept * 10**9,
    )  # fmt: skip


async def _stopped(one: World, plan: Plan, early: EarlyWork, slow: _Slow) -> None:
    """A run that is broken off five seconds, by the deadline's clock, into its first call."""
    deadline = Deadline.after(60, lambda: slow.now)
    run = asyncio.create_task(one.events(plan, {"text": "Hello"}, deadline, early=early))
    await slow.asked.wait()
    slow.now += 5.0
    run.cancel()
    with suppress(asyncio.CancelledError):
        await run


@dataclass
class _Slow:
    """A chat model that never answers."""

    now: float = 0.0
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nothing wakes it")

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        self.asked.set()
        await asyncio.Event().wait()
        yield ChatDelta(text="")


@dataclass
class _Refusing:
    """A chat model that answers nothing but an error."""

    error: PodiumError

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        raise self.error

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        raise self.error
        yield ChatDelta(text="")
