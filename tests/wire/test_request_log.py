"""Every request leaves one line in the gateway's log, which says no word of its content."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx2
import pytest

from models.testing.scripted import Say
from tests.wire.conftest import plain, put_documents
from tests.wire.hearing import tone
from tests.wire.records import Logged
from tests.wire.server import PATIENCE_S, Server
from tests.wire.test_content import CANARY, CHAT, FULL, RUN, leaky

FIELDS = {
    "request_id", "method", "path", "status", "duration_ms", "ttft_ms", "model", "tenant",
    "key_id", "decision_id", "bytes_in", "bytes_out",
}  # fmt: skip
ALWAYS = {"time", "level", "logger", "event", "pid"}
MINE = "of-this-module"
BODY: dict[str, Any] = {"model": "mistral", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def http(http: httpx2.Client) -> httpx2.Client:
    """Every request has this module's id: a line of an earlier test may come late."""
    http.headers["x-request-id"] = MINE
    return http


def lines(logged: Logged, count: int) -> list[dict[str, Any]]:
    """That many lines; the last one is written after its answer's last byte."""
    end = time.monotonic() + PATIENCE_S
    while len(found := mine(logged)) < count:
        assert time.monotonic() < end, f"there are {len(found)} lines, not {count}"
        time.sleep(0.01)
    assert len(found) == count
    return found


def mine(logged: Logged) -> list[dict[str, Any]]:
    return [line for line in logged.lines("request") if line["request_id"] == MINE]


def test_the_line_of_a_whole_answer(http: httpx2.Client, server: Server, logged: Logged) -> None:
    answer = http.post(CHAT, json=BODY)
    (line,) = lines(logged, 1)
    assert line.keys() == FIELDS | ALWAYS
    assert (line["level"], line["logger"]) == ("info", "podium.gateway")
    assert (line["method"], line["path"], line["status"]) == ("POST", CHAT, 200)
    assert (line["model"], line["tenant"]) == ("mistral", "default")
    assert line["key_id"] == server.stage.keys["admin"].id
    assert line["decision_id"] == answer.headers["x-route-decision"]
    assert line["bytes_in"] == len(answer.request.content)
    assert line["bytes_out"] == len(answer.content)
    assert line["ttft_ms"] is None and line["duration_ms"] > 0


def test_the_line_of_a_stream(http: httpx2.Client, logged: Logged) -> None:
    answer = http.post(CHAT, json=BODY | {"stream": True})
    (line,) = lines(logged, 1)
    assert 0 < line["ttft_ms"] <= line["duration_ms"]
    assert line["bytes_out"] == len(answer.content)
    assert line["decision_id"] == answer.headers["x-route-decision"]


def test_the_line_of_who_hung_up(http: httpx2.Client, server: Server, logged: Logged) -> None:
    server.on_loop(lambda stage: stage.reset(Say(("One", " two"), gate=asyncio.Event())))
    with http.stream("POST", CHAT, json=BODY | {"stream": True}) as answer:
        text = answer.iter_lines()
        assert "One" in next(text)
        assert mine(logged) == []
    (line,) = lines(logged, 1)
    assert line["status"] == 499
    assert line["ttft_ms"] > 0 and line["bytes_out"] > 0


def test_the_line_of_a_run(http: httpx2.Client, logged: Logged) -> None:
    put_documents(http)
    run = {"inputs": {"text": RUN["inputs"]["text"].replace(CANARY, "")}}
    assert http.post("/v1/pipelines/support/runs", json=run).status_code == 200
    (*_, line) = lines(logged, 2)
    assert line["path"] == "/v1/pipelines/{name}/runs"
    assert line["model"] == "pipeline/support"


def test_the_line_of_a_refusal(server: Server, logged: Logged) -> None:
    with plain(server, "read") as http:
        http.headers["x-request-id"] = MINE
        assert http.post(CHAT, json=BODY).status_code == 403
        del http.headers["authorization"]
        assert http.post(CHAT, json=BODY).status_code == 401
        assert http.get("/healthz").status_code == 200
    forbidden, unknown, health = lines(logged, 3)
    assert forbidden["key_id"] == server.stage.keys["read"].id
    assert (unknown["tenant"], unknown["key_id"], unknown["status"]) == (None, None, 401)
    assert (health["path"], health["status"], health["decision_id"]) == ("/healthz", 200, None)


def test_no_line_says_what_was_said(http: httpx2.Client, server: Server, logged: Logged) -> None:
    """In bodies, answers, paths, queries, headers and keys; a leak would be found."""
    document = f"/v1/collections/kb/documents/{CANARY}.md"
    odd = {"user-agent": CANARY, "referer": CANARY, "cookie": f"a={CANARY}"}
    form = {"model": "whisper", "prompt": CANARY}
    put_documents(http)
    server.on_loop(lambda stage: stage.reset(f"{CANARY} says the model."))
    answers = [
        http.post(CHAT, json=FULL, headers=odd),
        http.post(CHAT, json=FULL | {"stream": True}),
        http.post(CHAT, json=BODY | {"model": CANARY}),
        http.post(CHAT, json={CANARY: 1}),
        http.post(CHAT, content=CANARY.encode()),
        http.post("/v1/pipelines/support/runs", json=RUN),
        http.post("/v1/pipelines/support/runs", json=RUN | {"stream": True}),
        http.post("/v1/embeddings", json={"model": "embed", "input": CANARY}),
        http.post("/v1/audio/transcriptions", data=form, files={"file": (CANARY, tone(0.1))}),
        http.put(document, content=CANARY.encode(), headers={"x-document-title": CANARY}),
        http.get(document, params={CANARY: CANARY}),
        http.post("/v1/collections/kb/search", json={"query": CANARY}),
        http.delete(document),
        http.get(f"/v1/models/{CANARY}"),
        http.get(f"/{CANARY}"),
        http.get("/v1/runs", headers={"authorization": f"Bearer {CANARY}"}),
        http.request("PATCH", f"/v1/runs/{CANARY}"),
    ]
    assert len({answer.status_code for answer in answers}) > 4
    assert len(lines(logged, 1 + len(answers))) > 17
    assert CANARY not in logged()
    server.on_loop(lambda stage: setattr(stage.chat, "script", leaky))
    assert http.post(CHAT, json=FULL).status_code == 200
    assert CANARY in logged.file.read_text()
