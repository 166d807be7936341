"""What each dialect of the stub must do: read a request, write an answer, and break one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from deployments.stub.asked import Asked
from deployments.stub.said import Said


class Dialect(Protocol):
    """One provider's way of speaking; everything is pure."""

    def asked(self, body: Mapping[str, Any], address: str) -> Asked:
        """The request in a body; `address` is the last part of the path it came to.

        Raises one of `MALFORMED` for a body that is none of this dialect.
        """

    def whole(self, said: Said) -> dict[str, Any]:
        """The body of an answer that is not streamed."""

    def events(self, said: Said) -> Iterator[bytes]:
        """The events of a stream, in order."""

    def end(self) -> bytes:
        """What stands behind the last event."""

    def failure(self, status: int, code: str | None) -> dict[str, Any]:
        """The body of an error."""

    def failure_event(self, code: str | None) -> bytes:
        """An error inside a stream."""

    def wrong_type(self) -> bytes:
        """An event that is JSON and no answer."""


MALFORMED = (AttributeError, TypeError, LookupError, ValueError)


def frame(data: Mapping[str, Any], name: str | None = None, end: str = "\n\n") -> bytes:
    """A server-sent event."""
    head = "" if name is None else f"event: {name}\n"
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return f"{head}data: {text}{end}".encode()


def text_in(value: Any) -> str:
    """Every text in a message's content, for scripts that match, for counting and for echoes."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "\n".join(
            text_in(inner)
            for name, inner in value.items()
            if name in ("text", "content", "parts", "response", "functionResponse", "result")
        )
    if isinstance(value, list):
        return "\n".join(found for found in map(text_in, value) if found)
    return "" if value is None or isinstance(value, bool) else str(value)
