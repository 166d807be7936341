"""One id a request, the client's where it is a plain one: echoed once, the same in the books."""

from __future__ import annotations

import re
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from deployments.front import Front, middlewares
from deployments.meter import Meter
from deployments.wire.limits import Limits
from deployments.wire.request_context import RequestContext
from tests.support_contract import MESSAGE
from tests.wire.server import Server

FRESH = re.compile(r"req_[0-9a-f]{32}")
GIVEN = (
    ("a", True),
    ("0f8fad5b-d9cb-469f-a165-70867728950e", True),
    ("x" * 128, True),
    ("x" * 129, False),
    ("", False),
    ("two words", False),
    ("<script>", False),
    ("é", False),
)


def echoed(answer: httpx2.Response) -> str:
    """The one id on a response."""
    (found,) = answer.headers.get_list("x-request-id")
    return str(found)


@pytest.mark.parametrize(("given", "kept"), GIVEN)
def test_an_id_is_kept_or_replaced(http: httpx2.Client, given: str, kept: bool) -> None:
    answer = http.get("/healthz", headers={b"x-request-id": given.encode("latin-1")})
    assert echoed(answer) == given if kept else FRESH.fullmatch(echoed(answer))


def test_errors_and_streams_have_one_too(http: httpx2.Client) -> None:
    ask = {"model": "mistral", "messages": [{"role": "user", "content": "x"}], "stream": True}
    answers = [http.get("/nope"), http.get("/v1/models/nope"),
               http.post("/v1/chat/completions", json=ask), http.get("/healthz")]  # fmt: skip
    assert len({echoed(answer) for answer in answers}) == 4


def test_the_echoed_id_is_the_one_in_the_books(http: httpx2.Client, server: Server) -> None:
    body = {"inputs": {"text": MESSAGE}}
    answer = http.post("/v1/pipelines/support/runs", json=body, headers={"x-request-id": "b d"})
    run = http.get(f"/v1/runs/{answer.json()['run_id']}").json()
    asked = server.on_loop(lambda stage: {one.request_id for one in stage.chat.calls})
    assert {run["request_id"]} == asked == {echoed(answer)}


async def _who(request: Request) -> PlainTextResponse:
    seen = sorted(name for name in request.headers if name.startswith(("x-request-", "x-session")))
    return PlainTextResponse(f"{request.state.request_id} {seen} {len(await request.body())}")


def serves_own(app: Any) -> Any:
    """Ray Serve's middleware around `app`; its import warns of its own libraries' old ways."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ray.serve._private.http_util import RequestIdMiddleware
    return RequestIdMiddleware(app)


@asynccontextmanager
async def under_serve(front: bool) -> AsyncIterator[httpx2.AsyncClient]:
    """Our layers where Ray Serve puts them: the context inside its own middleware."""
    app: Any = Starlette(routes=[Route("/", _who, methods=["GET", "POST"])])
    app = serves_own(RequestContext(app, Limits(in_flight=9), meter=Meter(), echo=False))
    if front:
        (layer,) = middlewares()
        app = layer.cls(app, *layer.args, **layer.kwargs)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://podium") as http:
        yield http


@pytest.mark.parametrize(("given", "kept"), GIVEN)
async def test_under_serve_the_same_id_is_echoed_once(given: str, kept: bool) -> None:
    async with under_serve(front=True) as http:
        answer = await http.get("/", headers={b"x-request-id": given.encode("latin-1")})
    inside = answer.text.split()[0]
    assert echoed(answer) == inside
    assert inside == given if kept else FRESH.fullmatch(inside)


async def test_without_the_front_serve_would_echo_what_it_was_given() -> None:
    async with under_serve(front=False) as http:
        answer = await http.get("/", headers={"x-request-id": "two words"})
    assert echoed(answer) == "two words" != answer.text.split()[0]


async def test_a_client_gives_serve_no_orders() -> None:
    orders = {"x-request-disconnect-disabled": "?1", "x-request-timeout-seconds": "0.001",
              "x-session-id": "another's"}  # fmt: skip
    async with under_serve(front=False) as http:
        assert "disconnect" in (await http.get("/", headers=orders)).text
    async with under_serve(front=True) as http:
        assert "['x-request-id']" in (await http.get("/", headers=orders)).text


async def test_a_body_beyond_all_limits_ends_the_request() -> None:
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(3):
            seen.append((await receive())["type"])

    async def receive() -> Any:
        return {"type": "http.request", "body": b"x" * 6, "more_body": True}

    async def send(message: Any) -> None:
        return None

    await Front(app, largest=12)({"type": "http", "headers": []}, receive, send)
    assert seen == ["http.request", "http.request", "http.disconnect"]
