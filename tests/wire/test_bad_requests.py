"""Every kind of bad request: its status, type, code and field, and the server goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from tests.wire.conftest import fresh, plain
from tests.wire.hearing import tone
from tests.wire.server import Server

CHAT = "/v1/chat/completions"
EMBED = "/v1/embeddings"
SPEECH = "/v1/audio/transcriptions"
ASK = [{"role": "user", "content": "Hello"}]
ASKING = b'{"model":"mistral","messages":[{"role":"user","content":"Hello"}]'
INVALID = "invalid_request_error"
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/x.png"}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


@dataclass(frozen=True)
class Bad:
    """A request, and what must come back."""

    name: str
    send: dict[str, Any]
    status: int = 400
    code: str | None = None
    param: str | None = None
    type: str = INVALID
    path: str = CHAT
    method: str = "POST"


def chat(name: str, param: str | None, code: str | None = None, **fields: Any) -> Bad:
    body = {"model": "mistral", "messages": ASK} | fields
    return Bad(name, {"json": body}, code=code, param=param)


def raw(name: str, content: bytes, param: str | None = None, path: str = CHAT) -> Bad:
    return Bad(name, {"content": content}, param=param, path=path)


def speech(name: str, param: str, code: str | None = None, **send: Any) -> Bad:
    form = {"data": {"model": "whisper"}, "files": {"file": ("a.wav", tone(0.1))}}
    return Bad(name, form | send, code=code, param=param, path=SPEECH)


def deep(depth: int) -> bytes:
    inside = b'{"a":' * depth + b"1" + b"}" * depth
    return b'{"model":"mistral","messages":[],"metadata":' + inside + b"}"


UNSUPPORTED = "unsupported_parameter"
MESSAGES = (
    chat("no messages", "messages", messages=[]),
    chat("messages of another type", "messages", messages="Hello"),
    chat("an unknown role", "messages.0.role", messages=[{"role": "boss", "content": "x"}]),
    chat("content of another type", "messages.0.content",
         messages=[{"role": "user", "content": 5}]),
    chat("a part without text", "messages.0.content.0.text",
         messages=[{"role": "user", "content": [{"type": "text"}]}]),
    chat("an unknown part", "messages.0.content.0",
         messages=[{"role": "user", "content": [{"type": "hologram"}]}]),
    chat("an image", "messages.0.content", UNSUPPORTED,
         messages=[{"role": "user", "content": [IMAGE]}]),
    chat("an image for a pipeline", "messages.0.content", UNSUPPORTED, model="pipeline/support",
         messages=[{"role": "user", "content": [IMAGE]}]),
    chat("speech for a model of text", "messages.0.content", UNSUPPORTED,
         messages=[{"role": "user", "content": [{"type": "input_audio",
                    "input_audio": {"data": "eA==", "format": "wav"}}]}]),
    chat("no message of a user for a pipeline", "messages", model="pipeline/support",
         messages=[{"role": "system", "content": "x"}]),
    chat("speech that is no base64", "messages.0.content", "invalid_audio",
         model="pipeline/support", messages=[{"role": "user", "content": [{"type": "input_audio",
                                              "input_audio": {"data": "%", "format": "wav"}}]}]),
    chat("empty speech", "messages.0.content", "invalid_audio", model="pipeline/support",
         messages=[{"role": "user", "content": [{"type": "input_audio",
                    "input_audio": {"data": "", "format": "wav"}}]}]),
    chat("too many messages", "messages", messages=ASK * 1025),
)  # fmt: skip
FIELDS = (
    chat("n of 1000", "n", n=1000),
    chat("n of 5", "n", n=5),
    chat("n of nought", "n", n=0),
    chat("a number as text", "n", n="2"),
    chat("a flag as text", "stream", stream="yes"),
    chat("a negative max_tokens", "max_tokens", max_tokens=-1),
    chat("a huge max_tokens", "max_tokens", max_tokens=10**30),
    chat("a huge seed", "seed", seed=2**63),
    chat("a temperature of 9", "temperature", temperature=9),
    chat("top_logprobs alone", "top_logprobs", top_logprobs=2),
    chat("top_logprobs of 21", "top_logprobs", logprobs=True, top_logprobs=21),
    chat("20 stop sequences", "stop", stop=["x"] * 20),
    chat("an empty stop sequence", "stop.1", stop=["x", ""]),
    chat("a tool nobody has", "tool_choice", tools=[TOOL],
         tool_choice={"type": "function", "function": {"name": "stocks"}}),
    chat("a required tool without tools", "tool_choice", tool_choice="required"),
    chat("a tool's name with a space", "tools.0.function.name",
         tools=[{"type": "function", "function": {"name": "a b"}}]),
    chat("129 tools", "tools", tools=[TOOL] * 129),
    chat("a schema without schema", "response_format.json_schema",
         response_format={"type": "json_schema"}),
    chat("an unknown field", "frobnicate", UNSUPPORTED, frobnicate=1),
    chat("an unknown field inside", "messages.0.mood", UNSUPPORTED,
         messages=[{"role": "user", "content": "x", "mood": "fine"}]),
    chat("an unknown field of route", "route.colour", UNSUPPORTED, route={"colour": "red"}),
    chat("an unknown data class", "route.data_class", route={"data_class": "SECRET"}),
    chat("a dry run", "route.dry_run", UNSUPPORTED, route={"dry_run": True}),
    chat("a token that is no number", "logit_bias.x", logit_bias={"x": 1}),
    chat("an unknown input", "route.inputs.shoe_size", model="pipeline/support",
         route={"inputs": {"shoe_size": 43}}),
    chat("an input of another type", "route.inputs.customer_id", model="pipeline/support",
         route={"inputs": {"customer_id": 7}}),
    chat("tools for a pipeline", "tools", UNSUPPORTED, model="pipeline/support", tools=[TOOL]),
    chat("n of 2 for a pipeline", "n", UNSUPPORTED, model="pipeline/support", n=2),
    chat("a model of another kind", "model", model="whisper"),
)  # fmt: skip
BODIES = (
    raw("invalid UTF-8", b'{"model":"mistral","messages":[{"role":"user","content":"\xff\xfe"}]}'),
    raw("JSON 1,000 deep", deep(1000)),
    raw("no JSON", b"Hello"),
    raw("half of it", b'{"model":"mistral","messages":['),
    raw("nothing", b""),
    raw("a list", b"[]"),
    raw("no model", json.dumps({"messages": ASK}).encode(), "model"),
    raw("NaN", ASKING + b',"top_p":NaN}', "top_p"),
    raw("infinity", ASKING + b',"repetition_penalty":1e999}', "repetition_penalty"),
    raw("5,000 digits", b'{"model":"m","messages":[],"n":' + b"9" * 5000 + b"}"),
    raw("a field twice", ASKING + b',"model":"n"}', "model"),
    raw("a field twice inside",
        b'{"model":"m","messages":[{"role":"user","content":"x","role":"system"}]}', "role"),
)  # fmt: skip
SPEECHES = (
    speech("empty audio", "file", "invalid_audio", files={"file": ("a.wav", b"")}),
    speech("no audio", "file", "invalid_audio", files={"file": ("a.wav", b"Once upon a time")}),
    speech("audio cut in its header", "file", "invalid_audio", files={"file": ("a", tone()[:20])}),
    speech("no file", "file", "invalid_audio", files={"prompt": (None, "x")}),
    speech("no model of speech", "model", data={}),
    speech("an unknown format", "response_format",
           data={"model": "whisper", "response_format": "karaoke"}),
    speech("a temperature in words", "temperature",
           data={"model": "whisper", "temperature": "hot"}),
    speech("a temperature of NaN", "temperature", data={"model": "whisper", "temperature": "nan"}),
    speech("streamed subtitles", "response_format",
           data={"model": "whisper", "stream": "true", "response_format": "srt"}),
    speech("an unknown part of the form", "mood", UNSUPPORTED,
           data={"model": "whisper", "mood": "fine"}),
    speech("two files", "file", files=[("file", ("a", b"x")), ("file", ("b", b"y"))]),
    Bad("JSON for a form", {"json": {"model": "whisper"}}, param="file", path=SPEECH),
    Bad("a form without boundary", {"content": b"x", "headers": {
        "content-type": "multipart/form-data"}}, param="file", path=SPEECH),
    Bad("a form that ends early", {"content": b'--b\r\nContent-Disposition: form-data; name="fi',
        "headers": {"content-type": "multipart/form-data; boundary=b"}}, param="model",
        path=SPEECH),
)  # fmt: skip
OTHERS = (
    Bad("an unknown model", {"json": {"model": "gpt-9", "messages": ASK}}, 404,
        "model_not_found", "model"),
    Bad("an unknown pipeline", {"json": {"model": "pipeline/nope", "messages": ASK}}, 404,
        "model_not_found", "model"),
    Bad("an unknown embedder", {"json": {"model": "nope", "input": "x"}}, 404,
        "model_not_found", "model", path=EMBED),
    Bad("a model that is not listed", {}, 404, "model_not_found", "model",
        path="/v1/models/nope", method="GET"),
    Bad("an unknown path", {}, 404, "not_found", path="/v1/nope", method="GET"),
    Bad("a wrong method", {}, 405, "method_not_allowed", path=CHAT, method="GET"),
    Bad("an unknown run", {}, 404, "not_found", "run_id", path="/v1/runs/nope", method="GET"),
    Bad("a limit in words", {}, 400, None, "limit", path="/v1/runs?limit=many", method="GET"),
    Bad("an unknown collection", {"json": {"query": "x"}}, 404, "collection_not_found",
        "collection", path="/v1/collections/nope/search"),
    Bad("an empty document", {"content": b""}, 400, "invalid_document", "body",
        path="/v1/collections/kb/documents/a.md", method="PUT"),
    Bad("a document that is no text", {"content": b"\xff\xfe\x00"}, 400, "invalid_document", "file",
        path="/v1/collections/kb/documents/a.md", method="PUT"),
    Bad("a PDF that is none", {"content": b"Hello"}, 400, "invalid_document", "file",
        path="/v1/collections/kb/documents/a.pdf", method="PUT"),
    Bad("nothing to embed", {"json": {"model": "embed", "input": ""}}, param="input", path=EMBED),
    Bad("too much to embed", {"json": {"model": "embed", "input": ["x"] * 2049}}, param="input",
        path=EMBED),
    Bad("token ids to embed", {"json": {"model": "embed", "input": [1, 2]}}, 400, UNSUPPORTED,
        "input", path=EMBED),
    Bad("other dimensions", {"json": {"model": "embed", "input": "x", "dimensions": 7}}, 400,
        UNSUPPORTED, "dimensions", path=EMBED),
    Bad("a run of an unknown pipeline", {"json": {}}, 404, "model_not_found", "model",
        path="/v1/pipelines/nope/runs"),
    Bad("a run with audio that is no base64", {"json": {"inputs": {"audio": "%"}}}, 400,
        "invalid_audio", "inputs.audio", path="/v1/pipelines/support/runs"),
)  # fmt: skip
TABLE = (*MESSAGES, *FIELDS, *BODIES, *SPEECHES, *OTHERS)


@pytest.fixture(scope="module")
def asking(_shared: Server) -> Iterator[httpx2.Client]:
    with plain(fresh(_shared)) as http:
        yield http


def checked(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The error of a response, in OpenAI's shape and safe to show."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers.get_list("x-request-id")) == 1
    body: dict[str, Any] = answer.json()
    assert body.keys() == {"error"}
    error: dict[str, Any] = body["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["message"] and "Traceback" not in answer.text
    return error


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
def test_bad_requests(asking: httpx2.Client, bad: Bad) -> None:
    error = checked(asking.request(bad.method, bad.path, **bad.send), bad.status)
    assert (error["type"], error["code"], error["param"]) == (bad.type, bad.code, bad.param)
    assert asking.get("/v1/models").status_code == 200


def test_a_run_without_anything_fails_and_says_why(asking: httpx2.Client) -> None:
    answer = asking.post("/v1/pipelines/support/runs", json={})
    run = answer.json()
    assert (answer.status_code, run["status"], run["error"]["param"]) == (400, "failed", "input")
    assert asking.get(f"/v1/runs/{run['run_id']}").json()["status"] == "failed"


def test_a_wrong_method_says_which_is_right(asking: httpx2.Client) -> None:
    assert asking.get(CHAT).headers["allow"] == "POST"


def test_a_slash_too_many_is_another_path(asking: httpx2.Client) -> None:
    """Nobody is sent elsewhere, with the body and the key, by a header that anyone may write."""
    paths = asking.get("/openapi.json").json()["paths"]
    asked = [(method, f"{path}/") for path, methods in paths.items() for method in methods
             if not path.endswith("}")]  # fmt: skip
    assert ("get", "/v1/models/") in asked and len(asked) > 20
    for method, path in asked:
        answer = asking.request(method, path, json={}, headers={"host": "elsewhere.example"})
        assert "location" not in answer.headers
        if not path.startswith("/v1/messages"):
            assert checked(answer, 404)["type"] == INVALID, path
        else:
            assert (answer.status_code, answer.json()["type"]) == (404, "error")


def test_a_long_unknown_name_comes_back_short(asking: httpx2.Client) -> None:
    body = {"model": "mistral", "messages": ASK, "x" * 100_000: 1}
    error = checked(asking.post(CHAT, json=body), 400)
    assert error["param"] == "x" * 128 and len(error["message"]) < 300


def test_the_table_has_no_name_twice() -> None:
    names = [bad.name for bad in TABLE]
    assert len(set(names)) == len(names)
