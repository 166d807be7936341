"""A response of server-sent events that opens with its first one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from starlette.types import Receive, Scope, Send

from deployments.wire.errors import as_podium_error, log_internal
from deployments.wire.event_stream import EventStream, body_message
from deployments.wire.pings import PING, Pings
from models.errors import InternalError, PodiumError


@dataclass(frozen=True, slots=True)
class Manners:
    """How a stream speaks beside its events; `error_event` writes an error as the last of them."""

    request_id: str
    pings: Pings
    error_event: Callable[[PodiumError, str], bytes]


class OpenedStream(EventStream):
    """An error before the first event is still a response of its own.

    When the first takes long the stream opens anyway and is kept alive with comments; an error
    after that, or after any event, is the stream's last event. `headers` is asked once they go out.
    The first event is waited for in the request's own task: with a task more, of many requests that
    come at once each would reach its model only after all had been read.
    """

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        headers: Callable[[], dict[str, str]],
        manners: Manners,
    ) -> None:
        super().__init__(events, {})
        self._more_headers = headers
        self._manners = manners
        self._open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call; the server cancels it when the client goes away."""
        async with aclosing(self._events) as events:
            async with _KeptAlive(self._manners.pings, lambda: self._begin(send), send):
                event = await self._next(events)
            if not self._open:
                await self._begin(send)
            while event is not None:
                await send(body_message(event))
                event = await self._next(events)
            await send(body_message(b"", more=False))

    async def _begin(self, send: Send) -> None:
        self._open = True
        self.headers.update(self._more_headers())
        await self.start(send)

    async def _next(self, events: AsyncGenerator[bytes, None]) -> bytes | None:
        """The next event, None after the last; raises only while nothing was sent."""
        try:
            return await anext(events, None)
        except Exception as error:
            if not self._open:
                raise
            found = as_podium_error(error)
            if isinstance(found, InternalError):
                log_internal(self._manners.request_id, error)
            # The events are over: a generator that raised ends.
            return self._manners.error_event(found, self._manners.request_id)


class _KeptAlive:
    """Opens a stream whose first event takes long, and shows now and then that it lives."""

    def __init__(self, pings: Pings, begin: Callable[[], Awaitable[None]], send: Send) -> None:
        self._pings = pings
        self._begin = begin
        self._send = send
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._pings.first, self._start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        if self._task is None:
            return
        self._over.set()
        if isinstance(error, asyncio.CancelledError):
            self._task.cancel()
        # What it sends, it sends whole: two may not write at once.
        await asyncio.wait({self._task})
        if not self._task.cancelled():
            self._task.exception()  # Whoever sends next meets it, too.

    def _start(self) -> None:
        self._over = asyncio.Event()
        self._task = asyncio.create_task(self._beat(), name="pings")

    async def _beat(self) -> None:
        await self._begin()
        while not self._over.is_set():
            await self._send(body_message(PING))
            try:
                async with asyncio.timeout(self._pings.every):
                    await self._over.wait()
            except TimeoutError:
                continue
