"""The id of a request: the client's own where it is a plain one, else a fresh one."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable

HEADER = b"x-request-id"
# What Anthropic's clients read it from.
MESSAGES_HEADER = b"request-id"
_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The id for a request with these headers; the first of several counts."""
    for name, value in headers:
        if name == HEADER:
            return value.decode() if _ID.fullmatch(value) else fresh_id()
    return fresh_id()


def fresh_id() -> str:
    """An id that nobody has used."""
    return f"req_{uuid.uuid4().hex}"
