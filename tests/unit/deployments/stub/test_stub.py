"""The stub's script, capture and answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import validate

from deployments.stub.answer import Answer
from deployments.stub.capture import Capture
from deployments.stub.instance_of import instance_of
from deployments.stub.script import Row, Script, read_script
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


def test_whole_and_streamed_say_the_same() -> None:
    answer = Answer({**BODY, "max_tokens": 3, "stream_options": {"include_usage": True}},
                    Row(reply="one two three four"))  # fmt: skip
    whole = answer.whole()
    chunks = list(answer.chunks())
    text = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])
    assert text == whole["choices"][0]["message"]["content"] == "one two three"
    assert whole["choices"][0]["finish_reason"] == chunks[-2]["choices"][0]["finish_reason"]
    assert whole["choices"][0]["finish_reason"] == "length"
    assert chunks[-1]["usage"] == whole["usage"]
    assert whole["usage"]["prompt_tokens"] == 2


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
