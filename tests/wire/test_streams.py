"""Server-sent events byte by byte, and what happens when either side stops early."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest

from deployments.settings import GatewaySettings
from deployments.wire.pings import Pings
from models.errors import ModelUnavailable
from models.testing.scripted import Say
from tests.wire.conftest import Serve, plain
from tests.wire.server import Server

CHAT = "/v1/chat/completions"


def body(stream: bool = True, **more: Any) -> dict[str, Any]:
    asked = [{"role": "user", "content": "How are you?"}]
    return {"model": "mistral", "messages": asked, "stream": stream} | more


def test_the_events_of_a_stream(http: httpx2.Client) -> None:
    answer = http.post(CHAT, json=body())
    assert answer.headers["content-type"].split(";")[0] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    assert "content-length" not in answer.headers
    *events, done, after = answer.text.split("\n\n")
    assert (done, after) == ("data: [DONE]", "")
    assert all(event.startswith("data: {") and "\n" not in event for event in events)
    chunks = [json.loads(event.removeprefix("data: ")) for event in events]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


def test_an_error_before_the_first_event_is_a_response(http: httpx2.Client, server: Server) -> None:
    down = ModelUnavailable("'mistral' stopped.", retry_after=3)
    server.on_loop(lambda stage: stage.reset(Say((), error=down)))
    answer = http.post(CHAT, json=body())
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "3"
    assert answer.json()["error"]["code"] == "model_unavailable"


@pytest.mark.parametrize(
    ("error", "code"),
    [(ModelUnavailable("'x' stopped."), "model_unavailable"), (KeyError("x"), "internal_error")],
)
def test_an_error_after_the_first_event_ends_the_stream(
    http: httpx2.Client, server: Server, error: Exception, code: str
) -> None:
    server.on_loop(lambda stage: stage.reset(Say(("One",), error=error)))
    answer = http.post(CHAT, json=body())
    assert answer.status_code == 200
    first, last, after = answer.text.split("\n\n")
    assert after == "" and "[DONE]" not in answer.text
    assert json.loads(first.removeprefix("data: "))["choices"][0]["delta"]["content"] == "One"
    found = json.loads(last.removeprefix("data: "))
    assert found["error"].keys() == {"message", "type", "param", "code"}
    assert found["error"]["code"] == code
    assert http.get("/healthz").status_code == 200


def test_a_long_prefill_is_kept_alive_by_comments(serve: Serve) -> None:
    server = serve(GatewaySettings(pings=Pings(first=0.05, every=0.05)))
    hold = asyncio.Event()
    server.on_loop(lambda stage: stage.reset(Say(("One",), hold=hold)))
    with plain(server) as http, http.stream("POST", CHAT, json=body()) as answer:
        assert answer.status_code == 200
        lines = answer.iter_lines()
        quiet = [next(lines) for _ in range(6)]
        server.on_loop(lambda stage: hold.set())
        rest = list(lines)
    assert quiet == [": ping", ""] * 3
    events = [line for line in rest if line.startswith("data: ")]
    assert "One" in events[0] and events[-1] == "data: [DONE]"


def test_an_error_after_a_comment_ends_the_stream(serve: Serve) -> None:
    server = serve(GatewaySettings(pings=Pings(first=0.05, every=0.05)))
    hold = asyncio.Event()
    said = Say((), hold=hold, error=ModelUnavailable("'mistral' stopped."))
    server.on_loop(lambda stage: stage.reset(said))
    with plain(server) as http, http.stream("POST", CHAT, json=body()) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": ping"
        server.on_loop(lambda stage: hold.set())
        events = [line for line in lines if line.startswith("data: ")]
    (event,) = events
    assert json.loads(event.removeprefix("data: "))["error"]["code"] == "model_unavailable"


def test_hanging_up_in_the_middle_stops_the_model(http: httpx2.Client, server: Server) -> None:
    gate = asyncio.Event()
    server.on_loop(lambda stage: stage.reset(Say(("One", " two"), gate=gate)))
    with http.stream("POST", CHAT, json=body()) as answer:
        lines = answer.iter_lines()
        assert "One" in next(lines)
        assert server.on_loop(lambda stage: (stage.chat.running, stage.chat.cancelled)) == (1, [])
    server.wait_for(server.stage.chat.closed_early)
    assert server.on_loop(lambda stage: stage.chat.running) == 0
    assert not gate.is_set()


@pytest.mark.parametrize("stream", [True, False])
def test_hanging_up_before_the_first_event_stops_the_model(server: Server, stream: bool) -> None:
    server.on_loop(lambda stage: stage.reset(Say(("One",), hold=asyncio.Event())))

    async def leave() -> None:
        async with httpx2.AsyncClient(headers=server.headers(), trust_env=False) as http:
            asking = asyncio.create_task(http.post(f"{server.url}{CHAT}", json=body(stream)))
            started = server.stage.chat.started
            await asyncio.to_thread(server.wait_for, started)
            asking.cancel()
            await asyncio.wait({asking})

    asyncio.run(leave())
    server.wait_for(server.stage.chat.closed_early)
    assert server.on_loop(lambda stage: stage.chat.running) == 0


def test_hanging_up_on_a_pipeline_stops_its_steps(http: httpx2.Client, server: Server) -> None:
    from tests.support_contract import MESSAGE, TASKS, task_of

    def hang(request: Any) -> Any:
        return Say(("Refunds",), gate=asyncio.Event())

    server.on_loop(lambda stage: setattr(stage.chat, "script", hang))
    path = "/v1/pipelines/support/runs"
    with http.stream("POST", path, json={"inputs": {"text": MESSAGE}, "stream": True}) as answer:
        lines = answer.iter_lines()
        assert next(lines)
        server.wait_for(server.stage.chat.started)
        asked = server.on_loop(lambda stage: [task_of(one) for one in stage.chat.calls])
    assert asked and set(asked) <= set(TASKS.values())
    server.wait_for(server.stage.chat.closed_early)
    server.until(lambda stage: stage.chat.running == 0)


def test_who_left_is_counted_as_such(http: httpx2.Client, server: Server) -> None:
    server.on_loop(lambda stage: stage.reset(Say(("One",), gate=asyncio.Event())))
    before = left(http)
    with http.stream("POST", CHAT, json=body()) as answer:
        lines = answer.iter_lines()
        assert "One" in next(lines)
        assert left(http) == before
    server.until(lambda stage: stage.idle())
    assert left(http) == before + 1


def left(http: httpx2.Client) -> float:
    """How many left before the end, by the metrics."""
    lines = http.get("/metrics").text.splitlines()
    told = [line for line in lines if line.startswith("podium_requests_total{")]
    mine = [line for line in told if f'path="{CHAT}",status="499"' in line]
    return sum(float(line.rpartition(" ")[2]) for line in mine)
