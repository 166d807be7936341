"""Too much, too slow, down, or not allowed: each refused in time and in the right words."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import openai
import pytest

from deployments.settings import GatewaySettings
from deployments.wire.limits import Limits
from models.errors import ContextLengthExceeded
from models.messages import ChatRequest
from models.testing.scripted import Say, Script
from tests.wire.conftest import Serve, plain, put_documents
from tests.wire.hearing import tone
from tests.wire.server import Server
from tests.wire.test_bad_requests import ASK, CHAT, SPEECH, checked

BODY: dict[str, Any] = {"model": "mistral", "messages": ASK}
KIB = 1024
# Sooner than a stream opens without an event.
LATE_S = 3.0
PART = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'


def pieces(size: int, first: bytes = b"") -> Iterator[bytes]:
    """A body of unknown length."""
    yield first
    for _ in range(size // KIB):
        yield b"x" * KIB


def test_bodies_over_the_limit(serve: Serve) -> None:
    server = serve(GatewaySettings(limits=Limits(body_bytes=8 * KIB, audio_bytes=8 * KIB)))
    with plain(server) as http:
        for content in (b"x" * 64 * KIB, pieces(64 * KIB)):
            error = checked(http.post(CHAT, content=content), 413)
            assert (error["type"], error["code"]) == ("invalid_request_error", "request_too_large")
        file = {"file": ("a.wav", b"x" * 9 * KIB)}
        error = checked(http.post(SPEECH, data={"model": "whisper"}, files=file), 413)
        assert (error["code"], error["param"]) == ("request_too_large", "file")
        form = {"content-type": "multipart/form-data; boundary=b"}
        checked(http.post(SPEECH, content=pieces(1024 * KIB, PART), headers=form), 413)
        assert http.post(CHAT, json=BODY).status_code == 200
    assert server.on_loop(lambda stage: stage.hearing.calls) == []


def spoken(sound: bytes) -> str:
    return base64.b64encode(sound).decode()


def asked_aloud(sound: bytes) -> dict[str, Any]:
    part = {"type": "input_audio", "input_audio": {"data": spoken(sound), "format": "wav"}}
    return {"model": "pipeline/support", "messages": [{"role": "user", "content": [part]}]}


def test_speech_over_the_limit_of_seconds(serve: Serve) -> None:
    server = serve(GatewaySettings(limits=Limits(audio_seconds=1.5)))
    runs = "/v1/pipelines/support/runs"

    def send(http: httpx2.Client, sound: bytes) -> list[tuple[str, httpx2.Response]]:
        form: dict[str, Any] = {"data": {"model": "whisper"}, "files": {"file": ("a.wav", sound)}}
        return [
            ("file", http.post(SPEECH, **form)),
            ("audio", http.post(CHAT, json=asked_aloud(sound))),
            ("audio", http.post(CHAT, json=asked_aloud(sound) | {"stream": True})),
            ("audio", http.post(runs, json={"inputs": {"audio": spoken(sound)}})),
        ]

    with plain(server) as http:
        put_documents(http)
        assert [answer.status_code for _, answer in send(http, tone(1.0))] == [200] * 4
        for param, answer in send(http, tone(2.0)):
            assert answer.status_code == 413
            error = answer.json()["error"]
            assert (error["code"], error["param"]) == ("request_too_large", param)
            assert "1.5 s" in error["message"]


def test_speech_over_the_limit_of_bytes(serve: Serve) -> None:
    server = serve(GatewaySettings(limits=Limits(audio_bytes=8 * KIB)))
    with plain(server) as http:
        error = checked(http.post(CHAT, json=asked_aloud(tone(1.0))), 413)
        assert error["param"] == "messages.0.content"
        run = {"inputs": {"audio": spoken(tone(1.0))}}
        error = checked(http.post("/v1/pipelines/support/runs", json=run), 413)
        assert error["param"] == "inputs.audio"
    assert server.on_loop(lambda stage: stage.hearing.calls) == []


def test_a_full_gateway_refuses_at_once(serve: Serve) -> None:
    server = serve(GatewaySettings(limits=Limits(in_flight=2)))
    hold = asyncio.Event()
    server.on_loop(lambda stage: stage.reset(Say(("One",), hold=hold)))
    with ThreadPoolExecutor(2) as pool, plain(server) as http:
        slow = [pool.submit(http.post, CHAT, json=BODY) for _ in range(2)]
        server.until(lambda stage: stage.chat.running == 2)
        answer = http.post(CHAT, json=BODY)
        error = checked(answer, 429)
        assert (error["type"], error["code"]) == ("rate_limit_error", "overloaded")
        assert answer.headers["retry-after"] == "1"
        assert http.get("/healthz").status_code == 200
        server.on_loop(lambda stage: hold.set())
        assert [one.result().status_code for one in slow] == [200, 200]
        assert http.post(CHAT, json=BODY).status_code == 200


def hangs(server: Server) -> Script:
    """A model that says nothing until `LATE_S` are over, and they are as soon as it was asked."""

    def script(request: ChatRequest) -> Say:
        server.forward(LATE_S)
        return Say(("One",), hold=asyncio.Event())

    return script


@pytest.mark.parametrize("stream", [True, False])
def test_a_deadline_of_the_clients_own(http: httpx2.Client, server: Server, stream: bool) -> None:
    server.on_loop(lambda stage: stage.reset(hangs(server)))
    route = {"max_latency_ms": int(LATE_S * 1000)}
    error = checked(http.post(CHAT, json=BODY | {"stream": stream, "route": route}), 504)
    assert (error["type"], error["code"]) == ("timeout_error", "deadline_exceeded")
    server.wait_for(server.stage.chat.closed_early)
    assert server.on_loop(lambda stage: stage.chat.running) == 0


@pytest.mark.usefixtures("documents")
def test_a_pipelines_deadline_is_remembered(http: httpx2.Client, server: Server) -> None:
    server.on_loop(lambda stage: setattr(stage.chat, "script", hangs(server)))
    body = {"inputs": {"text": "Hello"}, "route": {"max_latency_ms": int(LATE_S * 1000)}}
    answer = http.post("/v1/pipelines/support/runs", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (504, "deadline_exceeded")
    recorded = http.get(f"/v1/runs/{answer.json()['run_id']}").json()
    assert (recorded["status"], recorded["error_code"]) == ("failed", "deadline_exceeded")


def test_a_model_that_is_down(http: httpx2.Client, server: Server) -> None:
    server.on_loop(lambda stage: setattr(stage.remotes["mistral"], "down", True))
    error = checked(http.post(CHAT, json=BODY), 503)
    assert error["code"] in ("model_unavailable", "no_eligible_model")
    server.until(lambda stage: not stage.gateway.is_ready("mistral"))
    error = checked(http.post(CHAT, json=BODY), 503)
    assert (error["type"], error["code"]) == ("service_unavailable", "no_eligible_model")
    ready = http.get("/readyz")
    assert ready.status_code == 503
    assert ready.json() == {
        "status": "starting",
        "models": {"mistral": "failing", "whisper": "ready", "embed": "ready", "small": "ready"},
    }
    server.on_loop(lambda stage: stage.reset())
    server.until(lambda stage: stage.gateway.is_ready("mistral"))
    assert http.get("/readyz").json() == {"status": "ready"}
    assert http.post(CHAT, json=BODY).status_code == 200


def test_a_conversation_too_long(http: httpx2.Client, server: Server) -> None:
    long = ContextLengthExceeded("The messages are longer than the window.", param="messages")
    server.on_loop(lambda stage: stage.reset(Say((), error=long)))
    error = checked(http.post(CHAT, json=BODY), 400)
    assert (error["code"], error["param"]) == ("context_length_exceeded", "messages")


def test_data_above_a_models_clearance(client: openai.OpenAI) -> None:
    ask: Any = {"model": "small", "messages": ASK}
    assert client.chat.completions.create(**ask).model == "small"
    secret = {"route": {"data_class": "RESTRICTED"}}
    with pytest.raises(openai.PermissionDeniedError) as denied:
        client.chat.completions.create(**ask, extra_body=secret)
    assert denied.value.code == "policy_denied"
    assert denied.value.response.headers["x-should-retry"] == "false"
    assert "catalog.small.level" in denied.value.message


@pytest.mark.parametrize(
    ("key", "wish", "level"),
    [
        ("infer", None, "INTERNAL"),
        ("infer", "RESTRICTED", "RESTRICTED"),
        ("infer", "PUBLIC", "INTERNAL"),
        ("discreet", "PUBLIC", "CONFIDENTIAL"),
        ("discreet", "RESTRICTED", "RESTRICTED"),
    ],
)
def test_a_client_raises_a_label_and_never_lowers_it(
    server: Server, key: str, wish: str | None, level: str
) -> None:
    body = BODY | {"route": {"data_class": wish} if wish else {}}
    with plain(server, key) as http:
        answer = http.post(CHAT, json=body).json()
    assert answer["route"]["label"]["level"] == level


def test_an_error_inside_a_model_keeps_its_text_to_itself(
    http: httpx2.Client, server: Server
) -> None:
    server.on_loop(lambda stage: stage.reset(Say((), error=RuntimeError("/secret/path"))))
    answer = http.post(CHAT, json=BODY)
    error = checked(answer, 500)
    assert error["code"] == "internal_error"
    assert "secret" not in json.dumps(error)
