"""What every ChatModel must do; run each of CHECKS over each implementation.

A maker of checks gives the model, its name, a deadline's length that is plenty, and how many
requests it is working on now.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest

from models.collect import collect
from models.deadline import Deadline
from models.errors import DeadlineExceeded
from models.messages import ChatDelta, ChatRequest, Message, Sampling
from models.ports import ChatModel

PLENTY_S = 120.0


@dataclass(frozen=True)
class Subject:
    """The model under test; `endless` asks it for an answer that does not end by itself soon."""

    chat: ChatModel
    model: str
    running: Callable[[], int]
    endless: ChatRequest


Check = Callable[[Subject], Awaitable[None]]


def hello(subject: Subject, **sampling: Any) -> ChatRequest:
    """A short request."""
    drawn = Sampling(max_tokens=8, temperature=0.0, **sampling)
    return ChatRequest(subject.model, (Message("user", "Hello"),), drawn, request_id="contract")


async def the_stream_adds_up_to_the_whole(subject: Subject) -> None:
    whole = await subject.chat.complete(hello(subject), Deadline.after(PLENTY_S))
    streamed = await collect(
        subject.model, subject.chat.stream(hello(subject), Deadline.after(PLENTY_S))
    )
    assert streamed.choices[0].message == whole.choices[0].message
    assert streamed.choices[0].finish_reason == whole.choices[0].finish_reason
    assert streamed.usage.completion_tokens == whole.usage.completion_tokens


async def usage_stands_on_the_last_delta_alone(subject: Subject) -> None:
    deltas = [
        delta async for delta in subject.chat.stream(hello(subject), Deadline.after(PLENTY_S))
    ]
    assert all(delta.usage is None for delta in deltas[:-1])
    assert deltas[-1].usage is not None
    assert deltas[-1].usage.completion_tokens > 0


async def every_choice_ends_once(subject: Subject) -> None:
    deltas = [
        delta async for delta in subject.chat.stream(hello(subject), Deadline.after(PLENTY_S))
    ]
    ends = [delta.index for delta in deltas if delta.finish_reason is not None]
    assert sorted(ends) == sorted(set(ends)) == [0]


async def closing_the_stream_stops_the_work(subject: Subject) -> None:
    stream: Any = subject.chat.stream(subject.endless, Deadline.after(PLENTY_S))
    async with aclosing(stream):
        first = await anext(stream)
        assert isinstance(first, ChatDelta)
        assert subject.running() == 1
    await _idle(subject)


async def cancelling_a_whole_answer_stops_the_work(subject: Subject) -> None:
    task = asyncio.create_task(subject.chat.complete(subject.endless, Deadline.after(PLENTY_S)))
    async with asyncio.timeout(PLENTY_S):
        while not subject.running():  # noqa: ASYNC110 - an engine in another process tells nobody
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _idle(subject)


async def a_deadline_is_kept_and_said(subject: Subject) -> None:
    with pytest.raises(DeadlineExceeded):
        async for _ in subject.chat.stream(subject.endless, Deadline.after(0.2)):
            continue
    await _idle(subject)


async def answers_travel(subject: Subject) -> None:
    whole = await subject.chat.complete(hello(subject), Deadline.after(PLENTY_S))
    assert pickle.loads(pickle.dumps(whole)) == whole  # noqa: S301 - our own bytes


async def many_at_once_do_not_mix(subject: Subject) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(subject.chat.complete(hello(subject), Deadline.after(PLENTY_S)))
            for _ in range(8)
        ]
    assert len({task.result().choices[0].message.content for task in tasks}) == 1


async def _idle(subject: Subject) -> None:
    async with asyncio.timeout(10):
        while subject.running():  # noqa: ASYNC110 - an engine in another process tells nobody
            await asyncio.sleep(0.01)


CHECKS: tuple[Check, ...] = (
    the_stream_adds_up_to_the_whole,
    usage_stands_on_the_last_delta_alone,
    every_choice_ends_once,
    closing_the_stream_stops_the_work,
    cancelling_a_whole_answer_stops_the_work,
    a_deadline_is_kept_and_said,
    answers_travel,
    many_at_once_do_not_mix,
)
