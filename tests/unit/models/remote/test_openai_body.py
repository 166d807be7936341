"""The bytes of OpenAI's dialect: every field in its place, and none that we don't know."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.errors import UnsupportedParameter
from models.messages import ChatRequest, Message, Picture, Sampling, ToolCall, ToolSpec
from models.remote.openai_body import FIELDS, body_bytes
from models.remote.openai_settings import OpenAiSettings

HELLO = (Message("user", "Hello"),)
SCHEMA = {"type": "object"}


def body(request: ChatRequest, **settings: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body_bytes(request, "vendor-1", OpenAiSettings(**settings)))
    return found


def test_the_least_request() -> None:
    assert body(ChatRequest("chatgpt", HELLO)) == {
        "model": "vendor-1",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_every_field_is_known_to_the_gate() -> None:
    sampling = Sampling(
        max_tokens=7, temperature=0.1, top_p=0.9, presence_penalty=0.5, frequency_penalty=0.4,
        seed=3, stop=("a",), logit_bias={5: -1.0}, n=2, logprobs=True, top_logprobs=2,
    )  # fmt: skip
    request = ChatRequest(
        "chatgpt",
        HELLO,
        sampling,
        tools=(ToolSpec("f", "F.", SCHEMA),),
        tool_choice="f",
        parallel_tool_calls=False,
        json_schema=SCHEMA,
        cache_salt="never leaves",
        request_id="nor does this",
    )
    made = body(request)
    assert set(made) == FIELDS - {"max_completion_tokens", "random_seed", "reasoning_effort"}
    assert "never leaves" not in json.dumps(made) and "nor does this" not in json.dumps(made)
    assert made["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert made["logit_bias"] == {"5": -1.0}
    other = body(
        request, max_tokens_field="max_completion_tokens", seed_field="random_seed",
        reasoning_effort="low",
    )  # fmt: skip
    assert set(other) == FIELDS - {"max_tokens", "seed"}


def test_a_conversation_with_tools() -> None:
    messages = (
        Message("assistant", "", tool_calls=(ToolCall("c1", "f", '{"a":1}'),)),
        Message("tool", "2", tool_call_id="c1"),
        Message("user", "Thanks", name="ann"),
    )
    assert body(ChatRequest("chatgpt", messages))["messages"] == [
        {"role": "assistant", "content": "", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}]},
        {"role": "tool", "content": "2", "tool_call_id": "c1"},
        {"role": "user", "content": "Thanks", "name": "ann"},
    ]  # fmt: skip


def test_formats() -> None:
    loose = body(ChatRequest("chatgpt", HELLO, json_schema=SCHEMA), strict_schema=False)
    assert loose["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA}
    anything = body(ChatRequest("chatgpt", HELLO, json_schema={}))
    assert anything["response_format"] == {"type": "json_object"}


@pytest.mark.parametrize("name", ["top_k", "min_p", "repetition_penalty"])
def test_sampling_that_the_dialect_lacks(name: str) -> None:
    assert body(ChatRequest("chatgpt", HELLO, Sampling(top_p=0.5)))["top_p"] == 0.5
    with pytest.raises(UnsupportedParameter) as caught:
        body(ChatRequest("chatgpt", HELLO, Sampling(**{name: 1})))
    assert caught.value.param == name


def test_what_deepseek_and_mistral_want_otherwise() -> None:
    request = ChatRequest(
        "m", HELLO, Sampling(seed=3, temperature=0.5), (ToolSpec("f", "", SCHEMA),), "required"
    )
    made = body(request, seed_field="random_seed", required_word="any", parallel_field=False)
    assert made["random_seed"] == 3 and "seed" not in made
    assert made["tool_choice"] == "any" and "parallel_tool_calls" not in made
    left = body(request, left_out=["seed", "temperature"])
    assert "seed" not in left and "temperature" not in left
    assert body(request)["tool_choice"] == "required"


@pytest.mark.parametrize(
    "case",
    [
        ("response_format", {"schemas": False}, {"json_schema": SCHEMA}),
        (
            "parallel_tool_calls",
            {"parallel_field": False},
            {"tools": (ToolSpec("f", "", SCHEMA),), "parallel_tool_calls": False},
        ),
    ],
    ids=lambda case: case[0],
)
def test_what_a_server_can_not_be_told(case: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    name, settings, fields = case
    assert name in body(ChatRequest("m", HELLO, **fields))
    with pytest.raises(UnsupportedParameter) as caught:
        body(ChatRequest("m", HELLO, **fields), **settings)
    assert caught.value.param == name


def test_pictures_stand_before_the_text_as_data_urls() -> None:
    seen = Message("user", "Look", pictures=(Picture("image/png", "QQ=="),))
    made = body(ChatRequest("m", (seen, Message("user", "", pictures=seen.pictures))))
    url = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}}
    assert [one["content"] for one in made["messages"]] == [
        [url, {"type": "text", "text": "Look"}], [url],
    ]  # fmt: skip
