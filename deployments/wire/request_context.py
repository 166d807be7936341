"""The outermost layer: a request id on everything, a place in line, and no error without a body."""

from __future__ import annotations

import logging
import re
import time
import uuid

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.meter import Meter
from deployments.wire.errors import error_response, on_error
from models.errors import Overloaded

log = logging.getLogger("podium.gateway")
_ID = re.compile(r"^[A-Za-z0-9._:-]{1,128}$")
CLIENT_CLOSED = 499
_FREE = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestContext:
    """ASGI middleware; counts requests in flight and refuses those beyond the limit.

    Ray Serve itself puts the request id on the response.
    """

    def __init__(self, app: ASGIApp, in_flight: int, meter: Meter) -> None:
        self._app = app
        self._limit = in_flight
        self._meter = meter
        self._now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.request_id = _request_id(request)
        sender = _Sender(send)
        if self._now >= self._limit and scope["path"] not in _FREE:
            full = Overloaded("This gateway is full; try again shortly.", retry_after=1.0)
            await error_response(full)(scope, receive, sender)
            return
        await self._counted(request, scope, receive, sender)

    async def _counted(
        self, request: Request, scope: Scope, receive: Receive, sender: _Sender
    ) -> None:
        started = time.monotonic()
        self._now += 1
        try:
            await self._app(scope, receive, sender)
        except Exception as error:
            if sender.status is not None:
                raise
            response = await on_error(request, error)
            await response(scope, receive, sender)
        finally:
            self._now -= 1
            self._meter.answered(
                _route(scope),
                getattr(request.state, "model", ""),
                sender.status or CLIENT_CLOSED,
                time.monotonic() - started,
            )


def _route(scope: Scope) -> str:
    """The path's pattern, never the path itself: that may hold a document's name."""
    return str(getattr(scope.get("route"), "path", "other"))


class _Sender:
    """Keeps the response's status for the books."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
        await self._send(message)


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _ID.match(given) else f"req_{uuid.uuid4().hex}"
