"""What Gemini says when it refuses: the parts of an SDK error that carry no content; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.remote.provider_errors import Refusal, seconds_of, too_long

_UNKNOWN_KEY = "API_KEY_INVALID"


def refusal_of(error: Any) -> Refusal:
    """The refusal in an APIError; an unknown key comes as 400 and is told apart by its reason."""
    code = error.code if isinstance(error.code, int) else None
    status = error.status if isinstance(error.status, str) else None
    details = list(_details(error.details))
    if any(detail.get("reason") == _UNKNOWN_KEY for detail in details):
        return Refusal(401)
    if too_long(error.message):
        return Refusal(code, "context_length_exceeded")
    return Refusal(code, status, retry_after=_wait(details) or _header(error.response))


def _details(body: Any) -> Iterator[Mapping[str, Any]]:
    inner = body.get("error") if isinstance(body, Mapping) else None
    rows = inner.get("details") if isinstance(inner, Mapping) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping):
            yield row


def _wait(details: list[Mapping[str, Any]]) -> float | None:
    """A `RetryInfo` such as {"retryDelay": "34s"}."""
    for detail in details:
        delay = detail.get("retryDelay")
        if isinstance(delay, str) and delay.endswith("s"):
            return seconds_of(delay[:-1])
    return None


def _header(response: Any) -> float | None:
    headers = getattr(response, "headers", None)
    return None if headers is None else seconds_of(headers.get("retry-after"))
