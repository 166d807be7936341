"""A stream opens with its first event: before it an error is raised, after it an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from deployments.wire.opened import Manners, OpenedStream
from deployments.wire.pings import PING, Pings
from models.errors import Overloaded, PodiumError

FULL = Overloaded("full")


class Wire:
    """What one client gets, in order."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.pinged = asyncio.Event()

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.sent.append({name.decode(): value.decode() for name, value in message["headers"]})
            return
        self.sent.append(message["body"])
        if message["body"] == PING:
            self.pinged.set()

    async def serve(self, events: AsyncGenerator[bytes, None], first: float = 60.0) -> None:
        manners = Manners("req", Pings(first=first, every=0.001), _written)
        response = OpenedStream(events, lambda: {"x-route-model": "mistral"}, manners)
        await response({"type": "http"}, _silent, self.send)

    @property
    def body(self) -> list[bytes]:
        return [one for one in self.sent if isinstance(one, bytes) and one != PING]


async def _silent() -> Any:
    await asyncio.Event().wait()


def _written(error: PodiumError, request_id: str) -> bytes:
    return f"{request_id}: {error.code}".encode()


async def _events(
    *said: bytes, hold: asyncio.Event | None = None, error: Exception | None = None
) -> AsyncGenerator[bytes, None]:
    if hold is not None:
        await hold.wait()
    for event in said:
        yield event
    if error is not None:
        raise error


async def test_headers_go_out_with_the_first_event() -> None:
    wire = Wire()
    await wire.serve(_events(b"one", b"two"))
    assert wire.sent[1:] == [b"one", b"two", b""]
    assert wire.sent[0]["x-route-model"] == "mistral"
    assert wire.sent[0]["content-type"].startswith("text/event-stream")


async def test_an_error_before_the_first_event_is_raised_and_later_it_is_the_last_event() -> None:
    wire = Wire()
    await wire.serve(_events(b"one", error=FULL))
    assert wire.body == [b"one", b"req: overloaded", b""]
    early = Wire()
    with pytest.raises(Overloaded):
        await early.serve(_events(error=FULL))
    assert early.sent == []


async def test_any_other_error_is_told_as_ours() -> None:
    wire = Wire()
    await wire.serve(_events(b"one", error=ValueError("content")))
    assert wire.body == [b"one", b"req: internal_error", b""]


@pytest.mark.parametrize(("error", "last"), [(None, b"one"), (FULL, b"req: overloaded")])
async def test_a_slow_stream_opens_and_pings_and_goes_on(error: Any, last: bytes) -> None:
    wire, hold = Wire(), asyncio.Event()
    said = () if error else (b"one",)
    serving = asyncio.create_task(wire.serve(_events(*said, hold=hold, error=error), first=0.001))
    await wire.pinged.wait()
    hold.set()
    await serving
    assert isinstance(wire.sent[0], dict) and wire.sent[1] == PING
    assert wire.body == [last, b""]


async def test_a_client_that_leaves_ends_pings_and_events() -> None:
    wire, closed = Wire(), asyncio.Event()

    async def never() -> AsyncGenerator[bytes, None]:
        try:
            await asyncio.Event().wait()
            yield b""
        finally:
            closed.set()

    serving = asyncio.create_task(wire.serve(never(), first=0.001))
    await wire.pinged.wait()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "pings"]
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert closed.is_set()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "pings"]


async def test_the_first_event_is_made_in_the_task_of_the_request() -> None:
    tasks: list[Any] = [asyncio.current_task()]

    async def who() -> AsyncGenerator[bytes, None]:
        tasks.append(asyncio.current_task())
        yield b"one"

    await Wire().serve(who())
    assert tasks[0] is tasks[1]
