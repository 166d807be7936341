"""The headers that tell how much of a key's rates is left, as OpenAI names and writes them."""

from __future__ import annotations

import math
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from router.keys import Principal
from router.rate_book import REQUESTS, TOKENS, RateBook

PREFIX = "x-ratelimit"
STATE = "rate_headers"


class RateHeaders:
    """ASGI middleware: puts on every answer what the request's state has under `rate_headers`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = _with_rates(message, scope)
            await send(message)

        await self._app(scope, receive, told if scope["type"] == "http" else send)


def _with_rates(message: Message, scope: Scope) -> Message:
    find: Callable[[], dict[str, str]] | None = scope.get("state", {}).get(STATE)
    if find is None:
        return message
    more = [(name.encode(), value.encode()) for name, value in find().items()]
    return {**message, "headers": [*message.get("headers", ()), *more]}


def rate_headers(rates: RateBook, who: Principal) -> dict[str, str]:
    """Limit, remaining and time till all is free again, for each kind of limit there is."""
    headers: dict[str, str] = {}
    for kind in (REQUESTS, TOKENS):
        found = rates.standing(who, kind)
        if found is not None:
            headers[f"{PREFIX}-limit-{kind}"] = str(found.limit)
            headers[f"{PREFIX}-remaining-{kind}"] = str(found.remaining)
            headers[f"{PREFIX}-reset-{kind}"] = span(found.reset)
    return headers


def span(seconds: float) -> str:
    """A time as OpenAI writes it: `0s`, `250ms`, `6s`, `1m1s`; rounded up."""
    if 0 < seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(math.ceil(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
