"""A response of server-sent events, each sent as it comes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send


class EventStream(Response):
    """Sends each item of `events` as it comes; leaving early closes the generator."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None], headers: dict[str, str]) -> None:
        super().__init__(headers=headers | {"cache-control": "no-cache"})
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI call; the server cancels it when the client goes away."""
        async with aclosing(self._events) as events:
            await self.start(send)
            async for event in events:
                await send(body_message(event))
            await send(body_message(b"", more=False))

    async def start(self, send: Send) -> None:
        """Send the headers."""
        head = {"type": "http.response.start", "status": self.status_code}
        await send(head | {"headers": self.raw_headers})


def body_message(body: bytes, more: bool = True) -> Message:
    """One piece of the body, as ASGI writes it."""
    return {"type": "http.response.body", "body": body, "more_body": more}
