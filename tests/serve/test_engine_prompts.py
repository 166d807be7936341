"""vLLM in this process: a count is what an answer reads, and a stop says which it was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.deadline import Deadline
from models.errors import ContextLengthExceeded
from models.local.vllm_engine import VllmEngine
from models.messages import ChatRequest, Message, Sampling, ToolSpec

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.filterwarnings("ignore:::"),
]
LATEST_S = 60.0


def asking(
    *texts: str, tools: tuple[ToolSpec, ...] = (), stop: tuple[str, ...] = ()
) -> ChatRequest:
    messages = tuple(Message("user", text) for text in texts)
    return ChatRequest("mistral", messages, Sampling(12, 0.0, stop=stop), tools)


async def test_a_count_is_what_an_answer_reads(engine: VllmEngine) -> None:
    tool = ToolSpec("f", "A function.", {"type": "object", "properties": {}})
    asked = [asking("Hello"), asking("Hello", "and again"), asking("Hello", tools=(tool,))]
    counted = [await engine.count(one, Deadline.after(LATEST_S)) for one in asked]
    answers = [await engine.complete(one, Deadline.after(LATEST_S)) for one in asked]
    assert counted == [answer.usage.prompt_tokens for answer in answers]
    assert counted[0] < counted[1] < counted[2]


async def test_a_bound_is_shortened_where_it_may_be(engine: VllmEngine) -> None:
    over = replace(asking("Hello"), sampling=Sampling(engine.window, 0.0))
    with pytest.raises(ContextLengthExceeded):
        await engine.complete(over, Deadline.after(LATEST_S))
    bounded = replace(over, sampling=replace(over.sampling, shortens=True))
    (choice,) = (await engine.complete(bounded, Deadline.after(LATEST_S))).choices
    assert choice.message.content


async def test_a_stop_says_which_it_was(engine: VllmEngine) -> None:
    (free,) = (await engine.complete(asking("Hello"), Deadline.after(LATEST_S))).choices
    assert free.stop_sequence is None
    last = free.message.content.split()[-1]
    stopped = asking("Hello", stop=("never said", last))
    (choice,) = (await engine.complete(stopped, Deadline.after(LATEST_S))).choices
    assert (choice.finish_reason, choice.stop_sequence) == ("stop", last)
    deltas = [one async for one in engine.stream(stopped, Deadline.after(LATEST_S))]
    assert [one.stop_sequence for one in deltas if one.stop_sequence] == [last]
