"""Hedges: only of the slow, within their budget, the loser cancelled and both accounted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from deployments.hedged_chat import HedgedChat, Hedging
from models.deadline import Deadline
from models.errors import ModelUnavailable
from models.messages import ChatDelta, ChatRequest, Completion, Message

ASK = ChatRequest("claude", (Message("user", "Hi"),))


@dataclass
class Slow:
    """Answers the n-th call after its event; tells how each one ended."""

    gates: list[asyncio.Event] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    failing: set[int] = field(default_factory=set)

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        raise AssertionError("a hedge streams")

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        number = len(self.ends)
        self.ends.append("cancelled")
        if number < len(self.gates):
            await self.gates[number].wait()
        if number in self.failing:
            self.ends[number] = "failed"
            raise ModelUnavailable("Gone.")
        yield ChatDelta(text=f"answer {number}")
        yield ChatDelta(finish_reason="stop")
        self.ends[number] = "done"


def hedging(calls: int = 100) -> Hedging:
    made = Hedging()
    for _ in range(calls):
        made.budget.called()
        made.times.add(0.001)
    return made


async def said(chat: HedgedChat) -> str:
    done = await chat.complete(ASK, Deadline.after(60))
    return done.choices[0].message.content


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - what is waited for is what another task has done
            await asyncio.sleep(0.001)


async def test_a_slow_call_is_raced_and_the_loser_cancelled() -> None:
    slow = Slow([asyncio.Event()])
    known = hedging()
    assert await said(HedgedChat(slow, known)) == "answer 1"
    assert slow.ends == ["cancelled", "done"]
    assert (known.budget.calls, known.budget.hedges) == (101, 1)


@pytest.mark.parametrize("known", [Hedging(), hedging(10), hedging(0)], ids=str)
async def test_without_budget_or_knowledge_there_is_one_call(known: Hedging) -> None:
    slow = Slow([asyncio.Event()])
    task = asyncio.create_task(said(HedgedChat(slow, known)))
    await asyncio.sleep(0.05)
    assert len(slow.ends) == 1
    slow.gates[0].set()
    assert await task == "answer 0"
    assert slow.ends == ["done"]


async def test_a_fast_call_is_not_raced() -> None:
    slow, known = Slow(), hedging()
    known.times.add(30.0)
    assert await said(HedgedChat(slow, known)) == "answer 0"
    assert (slow.ends, known.budget.hedges) == (["done"], 0)


async def test_the_one_that_works_wins_and_the_first_error_tells() -> None:
    slow = Slow([asyncio.Event()], failing={1})
    task = asyncio.create_task(said(HedgedChat(slow, hedging())))
    await until(lambda: slow.ends == ["cancelled", "failed"])
    slow.gates[0].set()
    assert await task == "answer 0"
    assert slow.ends == ["done", "failed"]
    slow = Slow(failing={0, 1})
    with pytest.raises(ModelUnavailable):
        await said(HedgedChat(slow, hedging()))


async def test_a_caller_that_leaves_stops_both() -> None:
    slow = Slow([asyncio.Event(), asyncio.Event()])
    task = asyncio.create_task(said(HedgedChat(slow, hedging())))
    await until(lambda: len(slow.ends) == 2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.ends == ["cancelled", "cancelled"]
