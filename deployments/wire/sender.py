"""The way out of a request: keeps what the books and the log need, and puts the id on."""

from __future__ import annotations

import time
from collections.abc import Sequence

from starlette.types import Message, Send

_EVENTS = b"text/event-stream"


class Sender:
    """The ASGI `send` for the application; `more` are headers for the response.

    `first_event` is when the first event of a stream went out, on the monotonic clock; comments
    that only keep a connection open are none.
    """

    def __init__(self, send: Send, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
        self._send = send
        self._more = more
        self._events = False
        self.status: int | None = None
        self.finished = False
        self.bytes = 0
        self.first_event: float | None = None

    async def __call__(self, message: Message) -> None:
        """Pass one message on."""
        if message["type"] == "http.response.start":
            message = self._started(message)
        elif message["type"] == "http.response.body":
            self._sent(message.get("body", b""))
            self.finished = not message.get("more_body", False)
        await self._send(message)

    def _started(self, message: Message) -> Message:
        self.status = int(message["status"])
        headers = list(message.get("headers", ()))
        self._events = any(
            name.lower() == b"content-type" and value.startswith(_EVENTS) for name, value in headers
        )
        return {**message, "headers": [*headers, *self._more]}

    def _sent(self, body: bytes) -> None:
        self.bytes += len(body)
        if self._events and self.first_event is None and body and not body.startswith(b":"):
            self.first_event = time.monotonic()
