"""Chat completions on real vLLM, judged by the official client."""

from __future__ import annotations

import json
import time

import httpx2
import openai
import pytest

from tests.serve.instance import Instance
from tests.serve.sockets import replicas, sockets_at

TOOL = {
    "type": "function",
    "function": {
        "name": "order_status",
        "description": "The status of an order.",
        "parameters": {
            "type": "object",
            "properties": {"order": {"type": "string", "pattern": "^[0-9]{4}$"}},
            "required": ["order"],
            "additionalProperties": False,
        },
    },
}
HELLO = [{"role": "user", "content": "Hello"}]
PATIENCE_S = 60.0


def test_whole_answer(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="mistral", messages=HELLO, max_tokens=8)
    assert answer.model == "mistral"
    assert answer.usage is not None
    assert 1 <= answer.usage.completion_tokens <= 8
    route = answer.model_extra["route"]
    assert route["model"] == "mistral"
    assert route["label"]["level"] == "INTERNAL"


def test_stream_adds_up_to_the_whole(client: openai.OpenAI) -> None:
    asked = {"model": "mistral", "messages": HELLO, "max_tokens": 12, "temperature": 0}
    whole = client.chat.completions.create(**asked)
    chunks = list(
        client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True})
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert chunks[-1].choices == []
    assert chunks[-1].usage == whole.usage.model_copy(
        update={"prompt_tokens_details": chunks[-1].usage.prompt_tokens_details}
    )


def test_on_one_node_a_gateway_comes_in_by_the_door(
    podium: Instance, client: openai.OpenAI
) -> None:
    """One replica, so that nobody has to pick: its socket listens, and the gateway came in."""
    client.chat.completions.create(model="mistral", messages=HELLO, max_tokens=1)
    (replica,) = replicas(podium, "LLM-mistral")
    until = time.monotonic() + PATIENCE_S
    while sockets_at(replica, "llm") < 2 and time.monotonic() < until:
        time.sleep(0.1)
    assert sockets_at(replica, "llm") == 2


def test_several_choices_and_seeds(client: openai.OpenAI) -> None:
    asked = {"model": "mistral", "messages": HELLO, "max_tokens": 6, "temperature": 1, "n": 3}
    first = client.chat.completions.create(**asked, seed=7)
    second = client.chat.completions.create(**asked, seed=7)
    assert [c.index for c in first.choices] == [0, 1, 2]
    assert [c.message.content for c in first.choices] == [c.message.content for c in second.choices]


def test_logprobs(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="mistral", messages=HELLO, max_tokens=4, temperature=0, logprobs=True, top_logprobs=3
    )
    content = answer.choices[0].logprobs.content
    assert content
    for token in content:
        assert token.logprob <= 0
        assert len(token.top_logprobs) == 3
        assert token.logprob == max(t.logprob for t in token.top_logprobs)


def test_json_schema_is_kept(client: openai.OpenAI) -> None:
    schema = {
        "type": "object",
        "properties": {"intent": {"enum": ["refund", "other"]}, "sure": {"type": "boolean"}},
        "required": ["intent", "sure"],
        "additionalProperties": False,
    }
    answer = client.chat.completions.create(
        model="mistral",
        messages=HELLO,
        max_tokens=60,
        response_format={"type": "json_schema", "json_schema": {"name": "i", "schema": schema}},
    )
    found = json.loads(answer.choices[0].message.content)
    assert found["intent"] in ("refund", "other")
    assert isinstance(found["sure"], bool)


def test_a_forced_tool_is_called(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model="mistral",
        messages=[{"role": "user", "content": "Where is my order 4217?"}],
        tools=[TOOL],
        tool_choice={"type": "function", "function": {"name": "order_status"}},
        max_tokens=60,
    )
    call = answer.choices[0].message.tool_calls[0]
    assert call.function.name == "order_status"
    assert set(json.loads(call.function.arguments)) == {"order"}
    assert answer.choices[0].finish_reason == "tool_calls"


def test_a_window_too_small_is_said(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(
            model="mistral", messages=[{"role": "user", "content": "order " * 4000}]
        )
    assert error.value.code == "context_length_exceeded"
    assert error.value.param == "messages"


def test_hanging_up_stops_the_engine(client: openai.OpenAI, http: httpx2.Client) -> None:
    stream = client.chat.completions.create(
        model="mistral",
        messages=HELLO,
        max_tokens=1900,
        logit_bias={2: -100},
        stream=True,
    )
    for _, _chunk in zip(range(5), stream, strict=False):
        pass
    assert _running(http) == 1
    stream.close()
    until = time.monotonic() + PATIENCE_S
    while _running(http) and time.monotonic() < until:
        time.sleep(0.1)
    assert _running(http) == 0


def _running(http: httpx2.Client) -> int:
    name = 'podium_engine_requests_running{model="mistral"}'
    for line in http.get("/metrics").text.splitlines():
        if line.startswith(name):
            return int(float(line.removeprefix(name)))
    raise AssertionError("the engine's count is not among the metrics")
