"""The stub's script, capture and answers."""

from __future__ import annotations

import base64
import io
import json
import socket
from pathlib import Path

import pytest
from anthropic.types import Message as AnthropicMessage
from anthropic.types import RawMessageStreamEvent
from google.genai.types import FinishReason, GenerateContentResponse
from jsonschema import validate
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from PIL import Image
from pydantic import TypeAdapter

from deployments.stub.anthropic_chat import AnthropicChat
from deployments.stub.capture import Capture
from deployments.stub.dialect import Dialect
from deployments.stub.gemini_chat import GeminiChat
from deployments.stub.instance_of import Echo, instance_of
from deployments.stub.openai_chat import OpenAiChat
from deployments.stub.pictures import picture
from deployments.stub.said import Said
from deployments.stub.script import Row, Script, read_script
from deployments.stub.serve import listening
from models.errors import InvalidConfig

BODY = {"model": "m", "messages": [{"role": "user", "content": "two words"}]}


def test_rows_in_turn_and_the_last_for_ever() -> None:
    script = Script((Row(match="odd", status=500), Row(reply="a"), Row(reply="b")))
    assert [script.row("x").reply for _ in range(3)] == ["a", "b", "b"]
    assert script.row("something odd").status == 500


def test_a_script_file_is_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "script.yaml"
    path.write_text("rows: [{status: 429, retry_after: 2}, {reply: fine}]")
    assert read_script(path).row("x").retry_after == 2
    path.write_text("rows: [{stattus: 429}]")
    with pytest.raises(InvalidConfig) as caught:
        read_script(path)
    assert caught.value.param == "rows.0.stattus"


def test_the_capture_keeps_what_came(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    capture = Capture(path, clock=lambda: 5.0)
    capture.keep("POST", "/v1/x?y=1", [(b"Authorization", b"Bearer k")], "tëxt".encode())
    capture.keep("POST", "/v1/x", [], b"\xff\xfe")
    capture.close()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert rows == capture.requests
    assert rows[0] == {"at": 5.0, "method": "POST", "target": "/v1/x?y=1",
                       "headers": [["Authorization", "Bearer k"]], "body": "tëxt"}  # fmt: skip
    assert rows[1]["body_base64"] == "//4="
    assert path.stat().st_mode & 0o777 == 0o600


def said(dialect: Dialect, body: dict[str, object], row: Row, address: str = "m") -> Said:
    return Said(dialect.asked(body, address), row)


def data(dialect: Dialect, answer: Said) -> list[dict[str, object]]:
    """The JSON of every event of a stream."""
    lines = b"".join(dialect.events(answer)).decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def test_openai_whole_and_streamed_say_the_same() -> None:
    body = {**BODY, "max_tokens": 3, "stream_options": {"include_usage": True}}
    answer = said(OpenAiChat(), body, Row(reply="one two three four"))
    whole = ChatCompletion.model_validate(OpenAiChat().whole(answer))
    chunks = [ChatCompletionChunk.model_validate(one) for one in data(OpenAiChat(), answer)]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == whole.choices[0].message.content == "one two three"
    assert whole.choices[0].finish_reason == chunks[-2].choices[0].finish_reason == "length"
    assert chunks[-1].usage == whole.usage
    assert whole.usage is not None and whole.usage.prompt_tokens == 2


def test_anthropic_whole_and_streamed_say_the_same() -> None:
    body = {**BODY, "max_tokens": 3}
    answer = said(AnthropicChat(), body, Row(reply="one two three four"))
    whole = AnthropicMessage.model_validate(AnthropicChat().whole(answer))
    events = data(AnthropicChat(), answer)
    adapter = TypeAdapter(RawMessageStreamEvent)
    read = [adapter.validate_python(one) for one in events if one["type"] != "ping"]
    assert [one["type"] for one in events] == [
        "message_start", "content_block_start", "ping", *["content_block_delta"] * 3,
        "content_block_stop", "message_delta", "message_stop",
    ]  # fmt: skip
    text = "".join(one.delta.text for one in read if one.type == "content_block_delta")
    assert whole.content[0].type == "text" and text == whole.content[0].text == "one two three"
    assert whole.stop_reason == "max_tokens"


def test_gemini_whole_and_streamed_say_the_same() -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "two words"}]}],
            "generationConfig": {"maxOutputTokens": 3}}  # fmt: skip
    answer = said(GeminiChat(), body, Row(reply="one two three four"), "m:generateContent")
    whole = GenerateContentResponse.model_validate(GeminiChat().whole(answer))
    pieces = [GenerateContentResponse.model_validate(one) for one in data(GeminiChat(), answer)]
    assert "".join(piece.text or "" for piece in pieces) == whole.text == "one two three"
    assert whole.candidates and whole.candidates[0].finish_reason == FinishReason.MAX_TOKENS
    assert pieces[-1].usage_metadata == whole.usage_metadata


TOOLS = (
    (OpenAiChat(), {"tools": [{"type": "function", "function": {"name": "add_up",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"},
        "b": {"type": "number"}, "unit": {"enum": ["m", "km"]}, "note": {"type": "string"}}}}}]}),
    (AnthropicChat(), {"tools": [{"name": "add_up", "input_schema": {"type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "number"},
        "unit": {"enum": ["m", "km"]}, "note": {"type": "string"}}}}]}),
)  # fmt: skip


@pytest.mark.parametrize("case", TOOLS, ids=lambda case: type(case[0]).__name__)
def test_an_echo_calls_tools_with_values_out_of_the_text(case: tuple[Dialect, dict]) -> None:  # type: ignore[type-arg]
    dialect, tools = case
    asked = {"model": "m", "messages": [{"role": "user", "content": "Add 4 and 2.5 km, 'quick'"}]}
    answer = said(dialect, asked | tools, Row(echo=True))
    assert answer.calls == (("add_up", {"a": 4, "b": 2.5, "unit": "km", "note": "quick"}),)
    assert said(dialect, asked | tools, Row()).calls == ()


def test_an_echo_says_what_it_was_told() -> None:
    assert said(OpenAiChat(), BODY, Row(echo=True)).text == "two words"
    assert said(OpenAiChat(), BODY, Row()).text == Row().reply


def test_references_in_a_schema_are_followed() -> None:
    schema = {"$defs": {"N": {"type": "integer"}}, "type": "object",
              "properties": {"n": {"$ref": "#/$defs/N"}}}  # fmt: skip
    assert instance_of(schema, Echo("it is 12")) == {"n": 12}
    free = {"type": "object"}
    assert instance_of(free, Echo("JSON with 'a' and 'b'")) == {"a": "a", "b": "b"}
    assert instance_of(free | {"properties": {}}, Echo("with 'a'")) == instance_of(free) == {}


def test_the_named_script() -> None:
    assert read_script(Path("tool-echo")).row("x").echo


def test_pictures_are_real_and_follow_the_prompt() -> None:
    a, b = (Image.open(io.BytesIO(base64.b64decode(picture(text, 8, 4)))) for text in ("a", "b"))
    assert (a.format, a.size) == ("PNG", (8, 4))
    assert a.convert("RGB").getpixel((0, 0)) != b.convert("RGB").getpixel((0, 0))


SCHEMAS = (
    {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
     "required": ["a"]},
    {"type": "array", "items": {"type": "string"}},
    {"enum": ["x", "y"]},
    {"const": 7},
    {"anyOf": [{"type": "number", "minimum": 3}, {"type": "null"}]},
    {"type": ["boolean", "null"]},
    {"type": "object"},
)  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=range(len(SCHEMAS)))
def test_instances_fit_their_schema(schema: dict[str, object]) -> None:
    validate(instance_of(schema), schema)


def test_connections_to_a_stub_send_every_piece_at_once() -> None:
    with listening(0) as listener, socket.create_connection(listener.getsockname()) as client:
        taken, _ = listener.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        assert client.getpeername() == listener.getsockname()
