"""Every field that OpenAI's own SDK can send works, is taken without effect, or is refused by name.

The SDK's types say which fields there are, so that none can be forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

import openai
import pytest
from openai.types.chat import completion_create_params as params

from models.messages import ChatDelta, ChatRequest, ToolSpec
from models.testing.scripted import Say
from tests.wire.server import Server

HELLO: Any = [{"role": "user", "content": "Hello"}]
TOOL: Any = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
OTHER: Any = {"type": "function", "function": {"name": "g", "parameters": {"type": "object"}}}
SCHEMA: Any = {"type": "object", "properties": {"a": {"type": "integer"}}}
PICK: Any = {"type": "function", "function": {"name": "f"}}
TWO = Say((ChatDelta(0, "a", finish_reason="stop"), ChatDelta(1, "b", finish_reason="stop")))


def sampled(name: str, value: Any) -> Any:
    return lambda request: getattr(request.sampling, name) == value


# Fields that reach the model, each with a value and what the model's request then says.
WORKS: Mapping[str, list[tuple[dict[str, Any], Any]]] = {
    "messages": [({}, lambda r: r.messages[-1].content == "Hello")],
    "model": [({}, lambda r: r.model == "mistral" and not r.sampling.shortens)],
    "frequency_penalty": [({"frequency_penalty": 0.5}, sampled("frequency_penalty", 0.5))],
    "presence_penalty": [({"presence_penalty": -0.5}, sampled("presence_penalty", -0.5))],
    "logit_bias": [({"logit_bias": {"7": -100}}, sampled("logit_bias", {7: -100.0}))],
    "logprobs": [({"logprobs": True}, sampled("logprobs", True))],
    "top_logprobs": [({"logprobs": True, "top_logprobs": 3}, sampled("top_logprobs", 3))],
    "max_completion_tokens": [({"max_completion_tokens": 9}, sampled("max_tokens", 9))],
    "max_tokens": [
        ({"max_tokens": 9}, sampled("max_tokens", 9)),
        ({"max_tokens": 9, "max_completion_tokens": 5}, sampled("max_tokens", 5)),
    ],
    "n": [({"n": 2}, sampled("n", 2))],
    "seed": [({"seed": 11}, sampled("seed", 11))],
    "stop": [
        ({"stop": "END"}, sampled("stop", ("END",))),
        ({"stop": ["A", "B"]}, sampled("stop", ("A", "B"))),
    ],
    "temperature": [({"temperature": 0.3}, sampled("temperature", 0.3))],
    "top_p": [({"top_p": 0.7}, sampled("top_p", 0.7))],
    "parallel_tool_calls": [
        ({"tools": [TOOL], "parallel_tool_calls": False}, lambda r: not r.parallel_tool_calls),
        ({"tools": [TOOL]}, lambda r: r.parallel_tool_calls),
    ],
    "response_format": [
        ({"response_format": {"type": "text"}}, lambda r: r.json_schema is None),
        ({"response_format": {"type": "json_object"}}, lambda r: r.json_schema == {}),
        ({"response_format": {"type": "json_schema",
                              "json_schema": {"name": "x", "schema": SCHEMA, "strict": True}}},
         lambda r: r.json_schema == SCHEMA),
    ],
    "tools": [({"tools": [TOOL]}, lambda r: r.tools == (ToolSpec("f", "", {"type": "object"}),))],
    "tool_choice": [
        ({"tools": [TOOL], "tool_choice": "none"}, lambda r: r.tool_choice == "none"),
        ({"tools": [TOOL], "tool_choice": "auto"}, lambda r: r.tool_choice == "auto"),
        ({"tools": [TOOL], "tool_choice": "required"}, lambda r: r.tool_choice == "required"),
        ({"tools": [TOOL, OTHER], "tool_choice": PICK}, lambda r: r.tool_choice == "f"),
        ({"tools": [TOOL, OTHER],
          "tool_choice": {"type": "allowed_tools",
                          "allowed_tools": {"mode": "required", "tools": [PICK]}}},
         lambda r: r.tool_choice == "required" and [t.name for t in r.tools] == ["f"]),
    ],
}  # fmt: skip
# Taken, and the model's request is the same as without: docs/reference/http.md says so.
IGNORED: Mapping[str, Any] = {
    "metadata": {"a": "b"},
    "prompt_cache_key": "k",
    "prompt_cache_retention": "24h",
    "safety_identifier": "s",
    "user": "u",
    "service_tier": "auto",
    "store": False,
    "modalities": ["text"],
    "reasoning_effort": "none",
    "verbosity": "medium",
}
# Refused with 400, naming the field.
REFUSED: Mapping[str, Any] = {
    "audio": {"format": "wav", "voice": "alloy"},
    "function_call": "auto",
    "functions": [{"name": "f", "parameters": {}}],
    "moderation": {"model": "m"},
    "prediction": {"type": "content", "content": "x"},
    "prompt_cache_options": {"mode": "explicit"},
    "web_search_options": {},
    "modalities": ["text", "audio"],
    "reasoning_effort": "high",
    "verbosity": "low",
    "store": True,
    "service_tier": "priority",
}
# What shows in the answer alone.
SHOWN = {"stream", "stream_options"}


def test_the_table_is_complete() -> None:
    both = (params.CompletionCreateParamsStreaming, params.CompletionCreateParamsNonStreaming)
    documented = {name for one in both for name in get_type_hints(one)}
    assert documented == {*WORKS, *IGNORED, *REFUSED, *SHOWN}
    assert not {*WORKS} & {*IGNORED, *REFUSED}


def asked(client: openai.OpenAI, server: Server, fields: Mapping[str, Any]) -> ChatRequest:
    """What the model was asked for."""
    server.on_loop(lambda stage: stage.reset(TWO if fields.get("n") == 2 else "Fine."))
    client.chat.completions.create(
        **{"model": "mistral", "messages": HELLO} | dict(fields)  # type: ignore[arg-type]
    )
    found: ChatRequest = server.on_loop(lambda stage: stage.chat.calls[-1])
    return found


@pytest.mark.parametrize("name", WORKS)
def test_what_works_reaches_the_model(client: openai.OpenAI, server: Server, name: str) -> None:
    for fields, holds in WORKS[name]:
        assert holds(asked(client, server, fields)), fields


@pytest.mark.parametrize("name", IGNORED)
def test_what_is_ignored_changes_nothing(client: openai.OpenAI, server: Server, name: str) -> None:
    from dataclasses import replace

    plain = asked(client, server, {})
    given = asked(client, server, {name: IGNORED[name]})
    assert replace(given, request_id=plain.request_id) == plain


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_named(client: openai.OpenAI, server: Server, name: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        asked(client, server, {name: REFUSED[name]})
    assert str(caught.value.param).split(".")[0] == name
    assert server.on_loop(lambda stage: stage.chat.calls) == []
    asked(client, server, {name: None})


def test_streams_and_their_options(client: openai.OpenAI) -> None:
    ask: Any = {"model": "mistral", "messages": HELLO, "stream": True}
    assert list(client.chat.completions.create(**ask))[-1].usage is None
    options: Any = {"include_usage": True, "include_obfuscation": False}
    counted = list(client.chat.completions.create(**ask, stream_options=options))
    assert counted[-1].usage.total_tokens > 0
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**ask, stream_options={"include_obfuscation": True})
    assert caught.value.param == "stream_options.include_obfuscation"


def test_an_allowed_tool_must_be_there(client: openai.OpenAI, server: Server) -> None:
    choice = {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [PICK]}}
    with pytest.raises(openai.BadRequestError) as caught:
        asked(client, server, {"tools": [OTHER], "tool_choice": choice})
    assert caught.value.param == "tool_choice"
