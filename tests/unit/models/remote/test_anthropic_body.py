"""The bytes of Anthropic's dialect: every field in its place, and none that we don't know."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import MessageCreateParams
from pydantic import TypeAdapter

from models.errors import InvalidRequest, UnsupportedParameter
from models.messages import ChatRequest, Message, Picture, Sampling, ToolCall, ToolSpec
from models.remote.anthropic_body import FIELDS, body_bytes
from models.remote.anthropic_settings import AnthropicSettings

HELLO = (Message("user", "Hello"),)
SCHEMA = {"type": "object", "properties": {"a": {"type": "object"}}}
TOOL = ToolSpec("f", "F.", {"properties": {"a": {"type": "string"}}})
JUDGE = TypeAdapter(MessageCreateParams)


def body(request: ChatRequest, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        body_bytes(request, "vendor-1", AnthropicSettings(**settings))
    )
    JUDGE.validate_python(found)
    return found


def test_the_least_request() -> None:
    assert body(ChatRequest("claude", HELLO)) == {
        "model": "vendor-1",
        "max_tokens": 8192,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        "stream": True,
    }


def test_every_field_is_known_to_the_gate() -> None:
    request = ChatRequest(
        "claude",
        (Message("system", "Be brief."), *HELLO),
        Sampling(max_tokens=7, temperature=0.1, top_p=0.9, top_k=4, stop=("a",), seed=3),
        tools=(TOOL,),
        tool_choice="f",
        parallel_tool_calls=False,
        json_schema=SCHEMA,
        cache_salt="never leaves",
        request_id="nor does this",
    )
    made = body(request, sampling=True, thinking="adaptive", effort="low")
    assert set(made) == FIELDS
    assert "never leaves" not in json.dumps(made) and "nor does this" not in json.dumps(made)
    assert made["system"] == "Be brief."
    assert made["tool_choice"] == {
        "type": "tool", "name": "f", "disable_parallel_tool_use": True,
    }  # fmt: skip
    assert made["tools"][0]["input_schema"] == {"type": "object", **TOOL.parameters}
    left = body(request)
    assert not {"temperature", "top_p", "top_k"} & set(left), "the API knows them no more"


def test_a_schema_is_closed_for_the_provider() -> None:
    made = body(ChatRequest("claude", HELLO, json_schema=SCHEMA))["output_config"]["format"]
    inner = {"type": "object", "additionalProperties": False}
    assert made["schema"] == {**SCHEMA, "properties": {"a": inner}, "additionalProperties": False}


@pytest.mark.parametrize("choice", ["auto", "none", "required"])
def test_choices(choice: str) -> None:
    kind = {"auto": "auto", "none": "none", "required": "any"}[choice]
    made = body(ChatRequest("claude", HELLO, tools=(TOOL,), tool_choice=choice))
    assert made["tool_choice"] == {"type": kind}


def test_results_of_two_tools_are_one_turn_with_what_the_user_says_next() -> None:
    calls = (ToolCall("c1", "f", '{"a": "x"}'), ToolCall("c2", "f", ""))
    turns = (
        *HELLO,
        Message("assistant", "One moment.", tool_calls=calls),
        Message("tool", "1", tool_call_id="c1"),
        Message("tool", "2", tool_call_id="c2"),
        Message("user", "Thanks", name="ann"),
    )
    made = body(ChatRequest("claude", turns, tools=(TOOL,)))["messages"]
    assert [one["role"] for one in made] == ["user", "assistant", "user"]
    assert made[1]["content"] == [
        {"type": "text", "text": "One moment."},
        {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": "x"}},
        {"type": "tool_use", "id": "c2", "name": "f", "input": {}},
    ]
    assert [one["type"] for one in made[2]["content"]] == ["tool_result", "tool_result", "text"]


def test_pictures_are_base64_blocks() -> None:
    seen = Message("user", "Look", pictures=(Picture("image/png", "QQ=="),))
    [picture, text] = body(ChatRequest("claude", (seen,)))["messages"][0]["content"]
    assert picture["source"] == {"type": "base64", "media_type": "image/png", "data": "QQ=="}
    assert text == {"type": "text", "text": "Look"}


REFUSED: tuple[tuple[str, Sampling], ...] = (
    ("n", Sampling(n=2)),
    ("logprobs", Sampling(logprobs=True)),
    ("logit_bias", Sampling(logit_bias={1: 1.0})),
    ("min_p", Sampling(min_p=0.1)),
    ("repetition_penalty", Sampling(repetition_penalty=1.1)),
    ("presence_penalty", Sampling(presence_penalty=0.1)),
    ("frequency_penalty", Sampling(frequency_penalty=0.1)),
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case[0])
def test_what_the_dialect_lacks(case: tuple[str, Sampling]) -> None:
    assert body(ChatRequest("claude", HELLO))
    with pytest.raises(UnsupportedParameter) as caught:
        body(ChatRequest("claude", HELLO, case[1]))
    assert caught.value.param == case[0]


def test_any_json_object_can_not_be_asked_for() -> None:
    with pytest.raises(UnsupportedParameter) as caught:
        body(ChatRequest("claude", HELLO, json_schema={}))
    assert caught.value.param == "response_format"


@pytest.mark.parametrize("arguments", ["[1]", "{", '"a"', "[" * 100_000])
def test_calls_that_carry_no_object(arguments: str) -> None:
    call = Message("assistant", "", tool_calls=(ToolCall("c", "f", arguments),))
    with pytest.raises(InvalidRequest):
        body(ChatRequest("claude", (*HELLO, call)))


def test_nothing_to_say() -> None:
    with pytest.raises(InvalidRequest):
        body(ChatRequest("claude", (Message("system", "x"), Message("user", " "))))
