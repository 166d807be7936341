"""The model calls a tool by itself, and vLLM's parser reads the call out of its text."""

from __future__ import annotations

import json
import random
from typing import Any

import openai

from models.reference.chat_skills import tools

SEEDS = range(1, 7)


def drawn(seed: int) -> tuple[dict[str, Any], str]:
    """A question to which a tool's call is the answer, as it is asked; and that tool's name."""
    talk = tools(random.Random(seed))
    call = talk.messages[1]["tool_calls"][0]["function"]
    asked = {"model": "mistral", "messages": [talk.messages[0]], "tools": talk.tools}
    return asked | {"temperature": 0, "max_tokens": 120}, call["name"]


def wanted(asked: dict[str, Any], name: str) -> set[str]:
    """The arguments that the tool must be given."""
    (function,) = [t["function"] for t in asked["tools"] if t["function"]["name"] == name]
    return set(function["parameters"]["required"])


def test_questions_become_calls(client: openai.OpenAI) -> None:
    """All but one at most: a small model may pick the wrong tool, its call is well made still."""
    right = 0
    for seed in SEEDS:
        asked, name = drawn(seed)
        choice = client.chat.completions.create(**asked).choices[0]
        assert "[TOOL_CALLS]" not in (choice.message.content or "")
        for call in choice.message.tool_calls or ():
            assert choice.finish_reason == "tool_calls" and not choice.message.content
            assert call.type == "function" and len(call.id) == 9 and call.id.isalnum()
            given = json.loads(call.function.arguments)
            fits = given.keys() == wanted(asked, call.function.name)
            right += call.function.name == name and fits and all(given.values())
    assert len(SEEDS) - 1 <= right <= len(SEEDS)


def test_a_streamed_call_is_the_whole_one(client: openai.OpenAI) -> None:
    asked, _ = drawn(SEEDS[0])
    whole = client.chat.completions.create(**asked).choices[0]
    chunks = list(client.chat.completions.create(**asked, stream=True))
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    calls = [call for delta in deltas for call in delta.tool_calls or ()]
    assert {call.index for call in calls} == {0}
    told = calls[0]
    expected = whole.message.tool_calls[0].function
    assert told.id and told.function.name == expected.name
    arguments = "".join(call.function.arguments or "" for call in calls)
    assert json.loads(arguments) == json.loads(expected.arguments)
    finishes = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
    assert [reason for reason in finishes if reason] == ["tool_calls"]


def test_a_tool_that_may_not_be_called_is_not(client: openai.OpenAI) -> None:
    asked, name = drawn(SEEDS[0])
    assert name
    choice = client.chat.completions.create(**asked, tool_choice="none").choices[0]
    assert choice.message.tool_calls is None
    assert choice.finish_reason in ("stop", "length")
