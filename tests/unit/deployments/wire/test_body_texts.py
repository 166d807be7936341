"""The detectors are shown every text of a body that any model could be shown."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.wire.body_texts import chat_texts
from deployments.wire.chat_body import ChatBody

MARK = "DE89 3704 0044 0532 0130 00"
TOOL = {"type": "function", "function": {"name": "f", "description": "", "parameters": {}}}


def body(**fields: Any) -> ChatBody:
    return ChatBody.model_validate(
        {"model": "m", "messages": [{"role": "user", "content": "hello"}], **fields}
    )


def told(**message: Any) -> dict[str, Any]:
    return {"messages": [message]}


def call(**function: Any) -> list[Any]:
    return [{"id": "c", "function": {"name": "f", "arguments": "{}", **function}}]


def with_tool(**function: Any) -> dict[str, Any]:
    return {"tools": [{"type": "function", "function": {**TOOL["function"], **function}}]}


def with_schema(**schema: Any) -> dict[str, Any]:
    made = {"name": "s", "schema": {}, **schema}
    return {"response_format": {"type": "json_schema", "json_schema": made}}


FIELDS: dict[str, dict[str, Any]] = {
    "system": told(role="system", content=MARK),
    "developer": told(role="developer", content=MARK),
    "user": told(role="user", content=MARK),
    "assistant": told(role="assistant", content=MARK),
    "part": told(role="user", content=[{"type": "text", "text": MARK}]),
    "name": told(role="user", content="x", name=MARK),
    "refusal": told(role="assistant", refusal=MARK),
    "reasoning": told(role="assistant", content="x", reasoning=MARK),
    "reasoning_content": told(role="assistant", content="x", reasoning_content=MARK),
    "annotations": told(role="assistant", content="x", annotations=[{"url": MARK}]),
    "call id": told(role="assistant", tool_calls=[{**call()[0], "id": MARK}]),
    "call name": told(role="assistant", tool_calls=call(name=MARK)),
    "call arguments": told(role="assistant", tool_calls=call(arguments=f'{{"to": "{MARK}"}}')),
    "tool description": with_tool(description=MARK),
    "tool parameters": with_tool(parameters={"properties": {"a": {"enum": [MARK]}}}),
    "a name in parameters": with_tool(parameters={"properties": {MARK: {}}}),
    "tool choice": {"tool_choice": {"type": "function", "function": {"name": MARK}}},
    "schema": with_schema(schema={"properties": {"a": {"const": MARK}}}),
    "schema name": with_schema(name=MARK),
    "schema description": with_schema(description=MARK),
    "stop": {"stop": MARK},
    "stops": {"stop": ["x", MARK]},
    "user field": {"user": MARK},
    "safety identifier": {"safety_identifier": MARK},
    "cache key": {"prompt_cache_key": MARK},
    "metadata": {"metadata": {"a": MARK}},
    "a name in metadata": {"metadata": {MARK: "a"}},
}


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_read(field: str) -> None:
    assert MARK not in "\n".join(chat_texts(body())["user"])
    assert MARK in "\n".join(chat_texts(body(**FIELDS[field]))["user"])


def test_what_a_tool_said_counts_as_the_tools() -> None:
    asked = {"role": "user", "content": "hello"}
    said = {"role": "tool", "tool_call_id": "c", "content": MARK}
    found = chat_texts(body(messages=[asked, said]))
    assert MARK in found["tool"] and MARK not in found["user"]
    assert "tool" not in chat_texts(body())


def test_numbers_are_read_as_they_are_written() -> None:
    schema = {"properties": {"a": {"const": 4111111111111111, "maximum": 4242424242424242.0}}}
    found = chat_texts(body(**with_schema(schema=schema)))["user"]
    assert {"const: 4111111111111111", "maximum: 4242424242424242"} <= set(found)


def test_words_of_the_protocol_and_podiums_own_options_are_no_text() -> None:
    found = chat_texts(body(route={"session": "mine"}))["user"]
    assert not {"user", "mine", "m"} & set(found) and "hello" in found


def test_sound_is_not_read_as_text() -> None:
    part = {"type": "input_audio", "input_audio": {"data": "AAAA"}}
    assert "AAAA" not in chat_texts(body(messages=[{"role": "user", "content": [part]}]))["user"]


def test_what_the_client_left_out_says_nothing() -> None:
    assert chat_texts(body(n=1, frequency_penalty=0.0))["user"] == ["hello", "0", "1"]
    assert chat_texts(body())["user"] == ["hello"]
