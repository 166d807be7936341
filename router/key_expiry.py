"""When a key ends, as a person says it: `30d` from now, or a date."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from models.errors import InvalidRequest

_SPAN = re.compile(r"([0-9]{1,6})([mhdw])")
_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONGEST_S = 100 * 366 * 86_400


def expiry(text: str, now: float) -> float:
    """Seconds since the epoch; a date without an offset is meant in UTC.

    InvalidRequest names the field `expires` for what is neither a span nor ISO 8601, and for what
    is past.
    """
    at = _time(text.strip(), now)
    if not now < at <= now + _LONGEST_S:
        raise InvalidRequest(
            "'expires' lies in the past, or over a hundred years ahead.", param="expires"
        )
    return at


def _time(text: str, now: float) -> float:
    span = _SPAN.fullmatch(text)
    if span:
        return now + int(span[1]) * _SECONDS[span[2]]
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise InvalidRequest(
            "'expires' is a span as 30d, 12h or 90m, or a date as 2027-01-31 or"
            " 2027-01-31T12:00:00Z.",
            param="expires",
        ) from None
