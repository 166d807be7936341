"""Where replicas of this node put the pieces of an answer, past Ray Serve.

Serve carries a call and keeps its place: it picks the replica, counts what is running, tells of
its end and cancels it. But each item of a stream costs Serve 0.2 ms of the processor on both sides,
and a socket a tenth of that; on a machine that also computes the tokens this is an answer's pace.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

from deployments.call_errors import lost
from deployments.frames import Frames
from deployments.private_socket import free_path, own_socket

log = logging.getLogger("podium.mailbox")

# What a message says besides the number of its slot.
ITEM, DONE, FAILED = "item", "done", "failed"
Said: TypeAlias = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Posted:
    """All that a stream of Serve says when its items went to a mailbox."""


@dataclass(frozen=True, slots=True)
class Address:
    """A slot of a mailbox: the node, the socket's path there, and the slot's number."""

    node: str
    path: str
    slot: int


class Mailbox:
    """Takes in what replicas of `node` send; closed until `open` has returned."""

    def __init__(self, node: str) -> None:
        self.node = node
        self._path: Path | None = None
        self._slots: dict[int, _Slot] = {}
        # Another mailbox must not take what was meant for this one.
        self._numbers = count(secrets.randbits(48))
        self._server: asyncio.AbstractServer | None = None
        self._connected: set[Frames] = set()

    async def open(self, path: Path) -> None:
        """Listen at `path`, whose folder must be this user's alone; raises OSError."""
        free_path(path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connection, str(path))
        self._path = path

    def close(self) -> None:
        """Listen no more; whoever still sends is cut off."""
        if self._server is None or self._path is None:
            return
        self._server.close()
        self._server = None
        self._path.unlink(missing_ok=True)
        for frames in tuple(self._connected):
            frames.close()

    @contextmanager
    def slot(self) -> Iterator[tuple[Address | None, asyncio.Queue[Said]]]:
        """A slot of one's own and its address, None while the box is closed.

        What comes for it later is thrown away.
        """
        number = next(self._numbers)
        slot = self._slots[number] = _Slot()
        try:
            yield self._address(number), slot.said
        finally:
            del self._slots[number]

    def _address(self, number: int) -> Address | None:
        return Address(self.node, str(self._path), number) if self._server is not None else None

    def _connection(self) -> Frames:
        frames = Frames(self._took, self._connected.discard)
        self._connected.add(frames)
        return frames

    def _took(self, frames: Frames, message: Any) -> None:
        number, kind, value = message
        slot = self._slots.get(number)
        if slot is None:
            return
        slot.sender = slot.sender or frames
        # Serve may ask a second replica when it lost the first one: two halves are no answer.
        again = slot.sender is not frames
        slot.said.put_nowait((FAILED, lost("the model")) if again else (kind, value))


@dataclass(slots=True)
class _Slot:
    """What has come for one stream, and who sends it."""

    said: asyncio.Queue[Said] = field(default_factory=asyncio.Queue)
    sender: Frames | None = None


async def open_mailbox(folder: Path, node: str) -> Mailbox:
    """A mailbox in this private folder; where none can be opened, all comes through Serve."""
    mailbox = Mailbox(node)
    try:
        await mailbox.open(await asyncio.to_thread(own_socket, folder, "mail"))
    except OSError as error:
        log.warning("no mailbox", extra={"error": type(error).__name__})
    return mailbox
