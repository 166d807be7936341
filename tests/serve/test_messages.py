"""Anthropic's official client on real vLLM: text, streams, tools there and back, and counts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest

from tests.serve.instance import Instance

HELLO: Any = [{"role": "user", "content": "Hello"}]
ORDER: Any = {
    "name": "order_status",
    "description": "The status of an order.",
    "input_schema": {
        "type": "object",
        "properties": {"order": {"type": "string", "pattern": "^[0-9]{4}$"}},
        "required": ["order"],
        "additionalProperties": False,
    },
}


@pytest.fixture
def claude(podium: Instance) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=podium.base_url, api_key=podium.key, auth_token=None, max_retries=0
    ) as made:
        yield made


def test_text_its_stream_and_its_count(claude: anthropic.Anthropic) -> None:
    ask: Any = {"model": "mistral", "messages": HELLO, "system": "Be brief."}
    more: Any = {"max_tokens": 12, "extra_body": {"temperature": 0}}
    whole = claude.messages.create(**ask, **more)
    with claude.messages.stream(**ask, **more) as stream:
        said = "".join(stream.text_stream)
        streamed = stream.get_final_message()
    assert said == whole.content[0].text == streamed.content[0].text  # type: ignore[union-attr]
    assert streamed.stop_reason == whole.stop_reason
    assert whole.stop_reason in ("end_turn", "max_tokens")
    counted = claude.messages.count_tokens(**ask).input_tokens
    for usage in (whole.usage, streamed.usage):
        assert usage.input_tokens + (usage.cache_read_input_tokens or 0) == counted
        assert 1 <= usage.output_tokens <= 12
    more_said = [{"role": "user", "content": "Hello, and hello again"}]
    assert claude.messages.count_tokens(**ask | {"messages": more_said}).input_tokens > counted


def test_a_stop_sequence_is_named(claude: anthropic.Anthropic) -> None:
    ask: Any = {"model": "mistral", "messages": HELLO, "extra_body": {"temperature": 0}}
    first = claude.messages.create(**ask, max_tokens=12).content[0].text  # type: ignore[union-attr]
    stop = first.split()[-1]
    ended = claude.messages.create(**ask, max_tokens=12, stop_sequences=["never said", stop])
    assert (ended.stop_reason, ended.stop_sequence) == ("stop_sequence", stop)


def test_tools_there_and_back(claude: anthropic.Anthropic) -> None:
    ask: Any = {"model": "mistral", "max_tokens": 60, "tools": [ORDER]}
    turns: Any = [{"role": "user", "content": "Where is my order 4217?"}]
    forced: Any = {"type": "tool", "name": "order_status"}
    called = claude.messages.create(**ask, messages=turns, tool_choice=forced)
    (call,) = [block for block in called.content if block.type == "tool_use"]
    assert (called.stop_reason, call.name, set(call.input)) == (
        "tool_use", "order_status", {"order"}
    )  # fmt: skip
    with claude.messages.stream(**ask, messages=turns, tool_choice=forced) as stream:
        streamed = stream.get_final_message()
    assert json.dumps(streamed.content[0].input)  # type: ignore[union-attr]
    result: Any = {"type": "tool_result", "tool_use_id": call.id, "content": "It has been sent."}
    turns += [{"role": "assistant", "content": called.content},
              {"role": "user", "content": [result]}]  # fmt: skip
    answer = claude.messages.create(**ask, messages=turns, tool_choice={"type": "none"})
    assert [block.type for block in answer.content] == ["text"]


def test_a_pipeline_and_a_window_too_small(claude: anthropic.Anthropic, knowledge: None) -> None:
    question = "When do I get my refund for the headset?"
    ask: Any = {"messages": [{"role": "user", "content": question}]}
    answer = claude.messages.create(**ask, model="pipeline/support", max_tokens=64)
    assert answer.content[0].text  # type: ignore[union-attr]
    assert answer.to_dict()["route"]["pipeline"] == "support"  # type: ignore[index]
    long: Any = [{"role": "user", "content": "order " * 4000}]
    with pytest.raises(anthropic.BadRequestError) as caught:
        claude.messages.create(model="mistral", max_tokens=8, messages=long)
    assert (caught.value.type, caught.value.error_code) == (
        "invalid_request_error", "context_length_exceeded"
    )  # fmt: skip
