"""The outermost layer: a request id on everything, a place in line, and no error without a body."""

from __future__ import annotations

import asyncio
import logging
import time

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from deployments.meter import Meter
from deployments.wire.client_watch import BodyPatience, ClientWatch
from deployments.wire.errors import error_response, log_internal, on_error
from deployments.wire.limits import Limits
from deployments.wire.messages_errors import speaks_messages
from deployments.wire.request_id import HEADER, MESSAGES_HEADER, request_id
from deployments.wire.request_log import log_request, log_socket
from deployments.wire.route_template import route_template
from deployments.wire.sender import Sender
from models.errors import Overloaded

log = logging.getLogger("podium.gateway")
CLIENT_CLOSED = 499
SWITCHED = 101
TRY_AGAIN_LATER = 1013
_FREE = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestContext:
    """ASGI middleware; counts requests, refuses those beyond the limit and logs each at its end.

    `echo` puts the request id on the response; under Ray Serve that is done already.
    """

    def __init__(self, app: ASGIApp, limits: Limits, meter: Meter, echo: bool) -> None:
        self._app = app
        self._limit = limits.in_flight
        self._patience = BodyPatience(limits.body_pause_seconds, limits.request_seconds)
        self._meter = meter
        self._echo = echo
        self._now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        path = route_template(scope)
        request = Request(scope, receive)
        request.state.request_id = request_id(scope["headers"])
        sender = Sender(send, _id_headers(scope["path"], request.state.request_id, self._echo))
        client = ClientWatch(receive, lambda: sender.finished, self._patience)
        self._meter.arrived(path)
        try:
            await self._admit(request, scope, client, sender)
        finally:
            client.stop()
            status = CLIENT_CLOSED if client.gone else sender.status or CLIENT_CLOSED
            model = getattr(request.state, "model", "")
            self._meter.answered(path, model, status, time.monotonic() - started)
            log_request(log, request, path, status, started, client, sender)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One WebSocket, closed before it opens when the gateway is full."""
        started = time.monotonic()
        path = route_template(scope)
        scope.setdefault("state", {})["request_id"] = request_id(scope["headers"])
        if self._now >= self._limit:
            await receive()
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER})
            return
        self._meter.arrived(path)
        self._now += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._now -= 1
            seconds = time.monotonic() - started
            model = scope["state"].get("model", "")
            self._meter.answered(path, model, SWITCHED, seconds)
            log_socket(log, scope, path, seconds)

    async def _admit(
        self, request: Request, scope: Scope, client: ClientWatch, sender: Sender
    ) -> None:
        if self._now >= self._limit and scope["path"] not in _FREE:
            full = Overloaded("This gateway is full; try again shortly.", retry_after=1.0)
            await error_response(full, request)(scope, client.receive, sender)
            return
        self._now += 1
        try:
            await self._answer(request, scope, client, sender)
        finally:
            self._now -= 1

    async def _answer(
        self, request: Request, scope: Scope, client: ClientWatch, sender: Sender
    ) -> None:
        try:
            await self._app(scope, client.receive, sender)
        except asyncio.CancelledError:
            if not client.swallow():
                raise
        except ClientDisconnect:
            return  # It left in the middle of its body: nobody is there to be told.
        except Exception as error:
            if sender.status is None:
                response = await on_error(request, error)
                await response(scope, client.receive, sender)
                return
            # The server closes a response that was left unfinished; raised to it, the error would
            # be logged with its text.
            log_internal(request.state.request_id, error)


def _id_headers(path: str, id: str, echo: bool) -> tuple[tuple[bytes, bytes], ...]:
    names = [HEADER] if echo else []
    if speaks_messages(path):
        names.append(MESSAGES_HEADER)
    return tuple((name, id.encode()) for name in names)
