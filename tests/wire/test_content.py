"""What people say and write never reaches a log or an error, whatever goes wrong with it."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from models.messages import ChatRequest
from models.testing.scripted import Say
from tests.support_contract import MESSAGE
from tests.wire.hearing import tone
from tests.wire.server import Server

CANARY = "Zeisig4711"
CHAT = "/v1/chat/completions"
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": CANARY}}
TOOL = {
    "type": "function",
    "function": {
        "name": "f",
        "description": CANARY,
        "parameters": {"type": "object", "description": CANARY},
    },
}
SCHEMA = {"name": "s", "description": CANARY, "schema": {"type": "object", "title": CANARY}}
FULL: dict[str, Any] = {
    "model": "mistral",
    "messages": [
        {"role": "system", "content": CANARY, "name": CANARY},
        {"role": "user", "content": [{"type": "text", "text": CANARY}]},
        {"role": "assistant", "content": CANARY, "tool_calls": [CALL], "refusal": CANARY},
        {"role": "tool", "content": CANARY, "tool_call_id": CANARY},
    ],
    "tools": [TOOL],
    "response_format": {"type": "json_schema", "json_schema": SCHEMA},
    "stop": [CANARY],
    "user": CANARY,
    "metadata": {"key": CANARY},
    "prompt_cache_key": CANARY,
    "safety_identifier": CANARY,
    "route": {"session": CANARY, "inputs": {"customer_id": CANARY}},
}
RUN: dict[str, Any] = {"inputs": {"text": f"{MESSAGE} {CANARY}", "customer_id": CANARY}}
ODD: list[dict[str, Any]] = [
    {"messages": [{"role": "user", "content": [{"type": CANARY}]}]},
    {"messages": [{"role": CANARY, "content": "x"}]},
    {"tools": [TOOL | {"type": CANARY}]},
    {"tool_choice": {"type": CANARY, "function": {"name": "f"}}},
    {"tool_choice": CANARY},
    {"response_format": {"type": CANARY}},
    {"route": {"data_class": CANARY}},
]
KB = "/v1/collections/kb/documents"


def leaky(request: ChatRequest) -> str:
    logging.getLogger("podium.leak").debug("asked", extra={"text": request.messages[1].content})
    return "Fine."


def broken(request: ChatRequest) -> Say:
    """A fault whose text holds all that was asked."""
    return Say((), error=RuntimeError(f"can't do {request}"))


def broken_later(request: ChatRequest) -> Say:
    return Say((CANARY,), error=RuntimeError(f"can't do {request}"))


def spoilt(value: Any) -> Iterator[Any]:
    """Copies of a body, each with one canary put into something of another type."""
    if isinstance(value, str) and CANARY in value:
        yield from ({"type": CANARY}, [[CANARY]], 5)
    items = value.items() if isinstance(value, dict) else ()
    for name, inner in [*items, *(enumerate(value) if isinstance(value, list) else ())]:
        for wrong in spoilt(inner):
            made = copy.copy(value)
            made[name] = wrong
            yield made


def quiet(answers: list[httpx2.Response]) -> None:
    """Refused, all of them, and none repeats what was said."""
    assert answers
    for answer in answers:
        assert answer.status_code >= 400, answer.text
        assert CANARY not in answer.text
        assert CANARY not in str(answer.headers)


def test_a_leak_would_be_seen(http: httpx2.Client, server: Server, logged: Any) -> None:
    server.on_loop(lambda stage: stage.reset("Fine."))
    assert http.post(CHAT, json=FULL).status_code == 200
    assert CANARY not in logged()
    server.on_loop(lambda stage: setattr(stage.chat, "script", leaky))
    assert http.post(CHAT, json=FULL).status_code == 200
    assert logged().count(CANARY) >= 2


@pytest.mark.usefixtures("documents")
def test_faults_of_models(http: httpx2.Client, server: Server, logged: Any) -> None:
    server.on_loop(lambda stage: setattr(stage.chat, "script", broken))
    quiet([http.post(CHAT, json=FULL), http.post(CHAT, json=FULL | {"stream": True}),
           http.post("/v1/pipelines/support/runs", json=RUN)])  # fmt: skip
    server.on_loop(lambda stage: setattr(stage.chat, "script", broken_later))
    streamed = http.post(CHAT, json=FULL | {"stream": True}).text
    assert streamed.count(CANARY) == 1, "the piece itself, and nothing of the error"
    assert '"code": "internal_error"' in streamed.split("\n\n")[1]
    assert "internal error" in logged()
    assert CANARY not in logged()


def test_faults_of_the_gateways_own(http: httpx2.Client, server: Server, logged: Any) -> None:
    """An error that no Remote may raise, before and after the first event."""
    fault = LookupError(CANARY)
    server.on_loop(lambda stage: setattr(stage.remotes["mistral"], "fault", fault))
    quiet([http.post(CHAT, json=FULL), http.post(CHAT, json=FULL | {"stream": True})])
    server.on_loop(lambda stage: setattr(stage.remotes["mistral"], "fault_after", 1))
    streamed = http.post(CHAT, json=FULL | {"stream": True}).text
    assert "internal_error" in streamed and CANARY not in streamed
    assert "LookupError" in logged()
    assert CANARY not in logged()


def test_values_of_another_type(http: httpx2.Client, logged: Any) -> None:
    chats = [*spoilt(FULL), *(FULL | odd for odd in ODD)]
    assert len(chats) > 40
    answers = [http.post(CHAT, json=body) for body in chats]
    answers += [http.post("/v1/pipelines/support/runs", json=body) for body in spoilt(RUN)]
    embed = {"model": "embed", "input": CANARY, "user": CANARY}
    answers += [http.post("/v1/embeddings", json=body) for body in spoilt(embed)]
    quiet([answer for answer in answers if answer.status_code != 200])
    assert CANARY not in logged()


@pytest.mark.parametrize("cut", [1, 40, 200])
def test_broken_json(http: httpx2.Client, logged: Any, cut: int) -> None:
    whole = httpx2.Request("POST", "http://x", json=FULL).content
    quiet([http.post(CHAT, content=whole[:-cut]), http.post(CHAT, content=whole + b"\xff")])
    assert CANARY not in logged()


def test_documents(http: httpx2.Client, logged: Any) -> None:
    def put(content: bytes, kind: str, name: str = "a.md") -> httpx2.Response:
        headers = {"content-type": kind, "x-document-title": CANARY}
        return http.put(f"{KB}/{name}", content=content, headers=headers)

    text = CANARY.encode()
    quiet([put(text + b"\xff", "text/markdown"), put(text, "application/pdf"),
           put(b"%PDF-1.7\n" + text, "application/pdf"), put(text + b"\0", "text/plain"),
           put(text, "video/mp4"), put(text, "", "a.unknown"),
           http.post("/v1/collections/nope/search", json={"query": CANARY}),
           http.post("/v1/collections/kb/search", json={"query": [CANARY]})])  # fmt: skip
    assert put(text, "text/markdown", "bird.md").status_code == 200
    assert http.delete(f"{KB}/bird.md").status_code == 200
    assert CANARY not in logged()


def test_speech(http: httpx2.Client, server: Server, logged: Any) -> None:
    path, text = "/v1/audio/transcriptions", CANARY.encode()
    form = {"model": "whisper", "prompt": CANARY}
    answers = [
        http.post(path, data=form, files={"file": (CANARY, text)}),
        http.post(path, data=form | {"response_format": CANARY}, files={"file": ("a", text)}),
        http.post(path, data=form | {"temperature": CANARY}, files={"file": ("a", text)}),
    ]
    fault = RuntimeError(f"can't hear {CANARY}")
    server.on_loop(lambda stage: setattr(stage.hearing, "fault", fault))
    answers.append(http.post(path, data=form, files={"file": (CANARY, tone(0.1))}))
    quiet(answers)
    assert CANARY not in logged()


@pytest.mark.usefixtures("documents")
def test_what_is_kept_of_a_run(http: httpx2.Client, server: Server, logged: Any) -> None:
    """The store keeps names, times and statuses; and losing it loses no answer."""
    answer = http.post("/v1/pipelines/support/runs", json=RUN).json()
    listed = http.get("/v1/runs").text
    assert answer["run_id"] in listed and CANARY not in listed
    server.on_loop(lambda stage: setattr(stage.remotes["state"], "down", True))
    assert "run_id" in http.post("/v1/pipelines/support/runs", json=RUN).json()
    assert "run not recorded" in logged() and CANARY not in logged()
