"""Stops the work on a request whose client has gone away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Message, Receive

from models.deadline import Deadline
from models.errors import BodyTooSlow


@dataclass(frozen=True, slots=True)
class BodyPatience:
    """Seconds that a body may pause, and that it may take in all."""

    pause: float
    whole: float


class ClientWatch:
    """From the last byte of the body on, waits for the client to leave, and cancels its task.

    Servers cancel nothing by themselves: they only tell who asks. `bytes` counts the body so far.
    Until the body is whole, a client that stops sending is refused: it holds a place.
    """

    def __init__(
        self, receive: Receive, answered: Callable[[], bool], patience: BodyPatience
    ) -> None:
        self._receive = receive
        self._answered = answered
        self._pause = patience.pause
        self._deadline = Deadline.after(patience.whole)
        self._task = asyncio.current_task()
        self._watch: asyncio.Task[None] | None = None
        self.gone = False
        self.bytes = 0

    async def receive(self) -> Message:
        """The ASGI `receive` for the application."""
        if self._watch is not None:
            await asyncio.shield(self._watch)
            return {"type": "http.disconnect"}
        message = await self._next()
        self.bytes += len(message.get("body", b""))
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._watch = asyncio.create_task(self._wait(), name="client watch")
        return message

    def stop(self) -> None:
        """The request is over."""
        if self._watch is not None:
            self._watch.cancel()

    def swallow(self) -> bool:
        """Whether the cancellation being handled is this watch's own alone; takes it back then."""
        return self.gone and self._task is not None and self._task.uncancel() == 0

    async def _next(self) -> Message:
        try:
            async with asyncio.timeout(min(self._pause, self._deadline.remaining())):
                return await self._receive()
        except TimeoutError as error:
            raise BodyTooSlow(
                "The rest of the body did not come in time. Send the request again."
            ) from error

    async def _wait(self) -> None:
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._answered() and self._task is not None:
            self.gone = True
            self._task.cancel()
