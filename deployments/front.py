"""What stands before Ray Serve's own handling of a request, in every process that takes one in.

Serve finds it by RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH and puts it outermost.
"""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deployments.wire.limits import LARGEST_BODY
from deployments.wire.request_id import HEADER, request_id

CALLBACK = "deployments.front:middlewares"
# Serve takes orders in these headers: to keep working for a client that has left, to stop early,
# to choose a replica. They are not the client's to give.
_NOT_FOR_CLIENTS = frozenset(
    {
        b"x-request-disconnect-disabled",
        b"x-request-timeout-seconds",
        b"x-session-id",
        b"serve_multiplexed_model_id",
        b"serve-multiplexed-model-id",
    }
)


def middlewares() -> list[Middleware]:
    """Called by Serve."""
    return [Middleware(Front)]


class Front:
    """Gives each request one valid id, so that Serve's echo and our logs say the same.

    It also bounds the body: Serve reads ahead of the application, however much comes.
    """

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = scope["headers"]
        kept = [(k, v) for k, v in given if k != HEADER and k not in _NOT_FOR_CLIENTS]
        headers = [*kept, (HEADER, request_id(given).encode())]
        await self._app({**scope, "headers": headers}, _bounded(receive, self._largest), send)


def _bounded(receive: Receive, limit: int) -> Receive:
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > limit else message

    return bounded
