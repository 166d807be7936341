"""Requests in flight are counted from their arrival to their last byte, however they end."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from deployments.settings import GatewaySettings
from deployments.wire.limits import Limits
from models.testing.scripted import Say
from tests.wire.conftest import Serve, plain
from tests.wire.server import PATIENCE_S, Server
from tests.wire.test_bad_requests import ASK, CHAT

BODY: dict[str, Any] = {"model": "mistral", "messages": ASK}


def in_flight(http: httpx2.Client, path: str = CHAT) -> float | None:
    """What the metrics say for the path; None before its first request."""
    head = f'podium_requests_in_flight{{path="{path}"}} '
    lines = http.get("/metrics").text.splitlines()
    return next((float(line.removeprefix(head)) for line in lines if line.startswith(head)), None)


def becomes(http: httpx2.Client, wanted: float) -> None:
    """The server has a last thing to do after the client's last byte."""
    end = time.monotonic() + PATIENCE_S
    while in_flight(http) != wanted:
        assert time.monotonic() < end, f"it stayed at {in_flight(http)}"
        time.sleep(0.01)


@pytest.mark.parametrize("stream", [False, True])
def test_answers_are_counted_while_they_go_on(
    http: httpx2.Client, server: Server, stream: bool
) -> None:
    hold = asyncio.Event()
    server.on_loop(lambda stage: stage.reset(Say(("One",), hold=hold)))
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(http.post, CHAT, json=BODY | {"stream": stream}) for _ in range(2)]
        server.until(lambda stage: stage.chat.running == 2)
        assert in_flight(http) == 2
        server.on_loop(lambda stage: hold.set())
        assert [one.result().status_code for one in slow] == [200, 200]
    becomes(http, 0)


def test_a_stream_that_is_left_is_counted_until_then(http: httpx2.Client, server: Server) -> None:
    server.on_loop(lambda stage: stage.reset(Say(("One", " two"), gate=asyncio.Event())))
    with http.stream("POST", CHAT, json=BODY | {"stream": True}) as answer:
        lines = answer.iter_lines()
        assert "One" in next(lines)
        assert in_flight(http) == 1
    becomes(http, 0)


def test_what_is_refused_leaves_nothing(serve: Serve) -> None:
    server = serve(GatewaySettings(limits=Limits(in_flight=1)))
    hold = asyncio.Event()
    server.on_loop(lambda stage: stage.reset(Say(("One",), hold=hold)))
    with ThreadPoolExecutor(1) as pool, plain(server) as http:
        slow = pool.submit(http.post, CHAT, json=BODY)
        server.until(lambda stage: stage.chat.running == 1)
        assert http.post(CHAT, json=BODY).status_code == 429
        assert in_flight(http) == 1
        server.on_loop(lambda stage: hold.set())
        assert slow.result().status_code == 200
        assert http.post(CHAT, json={}).status_code == 400
        assert http.get(CHAT).status_code == 405
        becomes(http, 0)
        assert f'path="{CHAT}",status="429"' in http.get("/metrics").text


def test_paths_stand_as_their_pattern(http: httpx2.Client) -> None:
    assert http.get("/v1/models/mistral").status_code == 200
    assert http.get("/no/such/mistral").status_code == 404
    assert in_flight(http, "/v1/models/{model:path}") == 0
    assert in_flight(http, "other") == 0
    assert in_flight(http, "/metrics") == 1
    assert "such/mistral" not in http.get("/metrics").text
