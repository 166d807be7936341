"""A request's work ends when its client leaves, and only then."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from deployments.meter import Meter
from deployments.wire.limits import Limits
from deployments.wire.request_context import RequestContext

BODY = {"type": "http.request", "body": b"", "more_body": False}
START = {"type": "http.response.start", "status": 200, "headers": []}
END = {"type": "http.response.body", "body": b"", "more_body": False}


class Wire:
    """One connection: a body at once, then whatever the test puts in."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        self.incoming.put_nowait(BODY)
        self.sent: list[str] = []

    async def send(self, message: Any) -> None:
        self.sent.append(message["type"])

    async def serve(self, app: Any) -> None:
        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        context = RequestContext(app, Limits(in_flight=1), meter=Meter(), echo=True)
        await context(scope, self.incoming.get, self.send)


async def test_leaving_cancels_the_work_and_nothing_else() -> None:
    wire, ended = Wire(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        wire.incoming.put_nowait({"type": "http.disconnect"})
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    await wire.serve(app)
    assert ended.is_set() and wire.sent == []


async def test_a_disconnect_after_the_answer_cancels_nothing() -> None:
    wire, done = Wire(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(START)
        await send(END)
        wire.incoming.put_nowait({"type": "http.disconnect"})
        await asyncio.sleep(0.01)
        done.set()

    await wire.serve(app)
    assert done.is_set() and wire.sent == [START["type"], END["type"]]


async def test_the_application_may_wait_for_the_client_itself() -> None:
    wire, seen = Wire(), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(START)
        await send(END)
        wire.incoming.put_nowait({"type": "http.disconnect"})
        seen.append((await receive())["type"])

    await wire.serve(app)
    assert seen == ["http.disconnect"]


async def test_a_cancellation_from_outside_stays_one() -> None:
    wire, started = Wire(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        started.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(wire.serve(app))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
