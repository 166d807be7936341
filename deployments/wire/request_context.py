"""The outermost layer: a request id on everything, a place in line, and no error without a body."""

from __future__ import annotations

import logging
import re
import uuid
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.wire.errors import error_response, on_error
from models.errors import Overloaded

log = logging.getLogger("podium.gateway")
_ID = re.compile(r"^[A-Za-z0-9._:-]{1,128}$")
_FREE = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestContext:
    """ASGI middleware; counts requests in flight and refuses those beyond the limit."""

    def __init__(self, app: ASGIApp, in_flight: int) -> None:
        self._app = app
        self._limit = in_flight
        self._now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.request_id = _request_id(request)
        sender = _Sender(send, request.state.request_id)
        if self._now >= self._limit and scope["path"] not in _FREE:
            full = Overloaded("This gateway is full; try again shortly.", retry_after=1.0)
            await error_response(full)(scope, receive, sender)
            return
        self._now += 1
        try:
            await self._app(scope, receive, sender)
        except Exception as error:
            if sender.started:
                raise
            response = await on_error(request, error)
            await response(scope, receive, sender)
        finally:
            self._now -= 1


class _Sender:
    """Adds the request id to the response's headers."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._id = request_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers: Any = message.setdefault("headers", [])
            MutableHeaders(raw=headers)["x-request-id"] = self._id
        await self._send(message)


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _ID.match(given) else f"req_{uuid.uuid4().hex}"
