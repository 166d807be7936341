"""Messages over a Unix socket: four bytes of length, then a pickle.

Only what the socket's folder lets in is read: it belongs to this user alone.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from typing import Any, cast

from models.errors import BodyTooLarge

MOST_BYTES = 64 * 1024 * 1024
_LENGTH = 4


class Frames(asyncio.Protocol):
    """One connection; `took` is given each message in order, `gone` is called at its end."""

    def __init__(self, took: Callable[[Frames, Any], None], gone: Callable[[Frames], None]) -> None:
        self._took = took
        self._gone = gone
        self._buffer = bytearray()
        self._room = asyncio.Event()
        self._room.set()
        self._transport: asyncio.Transport | None = None

    def send(self, message: object) -> None:
        """Put a message in line; one for a connection that has ended is dropped.

        Raises BodyTooLarge for one at which the other side would end the connection for all.
        """
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        if len(body) > MOST_BYTES:
            raise BodyTooLarge(
                f"This makes a message of {len(body)} bytes inside; {MOST_BYTES} are allowed."
                " Send less at once."
            )
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(len(body).to_bytes(_LENGTH, "big") + body)

    async def drained(self) -> None:
        """Return when the other side has taken enough of what was sent."""
        await self._room.wait()

    @property
    def gone(self) -> bool:
        """Whether the connection has ended, so that what is sent is dropped."""
        return self._transport is None or self._transport.is_closing()

    def close(self) -> None:
        """End the connection once everything in line is sent."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._room.set()
        self._gone(self)

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (body := self._next()) is not None:
            self._took(self, pickle.loads(body))  # noqa: S301 - sent by a process of this user

    def _next(self) -> bytes | None:
        """The next whole message; one that is too large ends the connection."""
        if len(self._buffer) < _LENGTH:
            return None
        end = _LENGTH + int.from_bytes(self._buffer[:_LENGTH], "big")
        if end > MOST_BYTES + _LENGTH and self._transport is not None:
            self._transport.abort()
            self._buffer.clear()
            return None
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_LENGTH:end])
        del self._buffer[:end]
        return body
