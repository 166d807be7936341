"""A door of a deployment for processes of its own node: its methods over a Unix socket.

A message through Ray Serve takes a millisecond of the processor on each side; one through a socket
takes a tenth of it. Serve still starts the replica, watches it and says where its door is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.frames import Frames
from deployments.private_socket import free_path, own_socket
from models.errors import InternalError, ModelUnavailable, Overloaded, PodiumError

log = logging.getLogger("podium.door")

# What a message says besides its number.
ITEM, DONE, FAILED, CLOSING = "item", "done", "failed", "closing"
_RETRY_AFTER_S = 1.0


class DoorClosed(ModelUnavailable):
    """The door takes no calls any more; this one was not begun."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a door is: the node, and the socket's path there."""

    node: str
    path: str


class Door:
    """Serves the `methods` of `target`, so many calls at a time; callers know it as `name`.

    A caller that leaves, or cancels, stops what it started.
    """

    def __init__(self, name: str, target: Any, methods: Collection[str], most: int) -> None:
        self._name = name
        self._target = target
        self._methods = frozenset(methods)
        self._most = most
        self._calls: dict[tuple[Frames, int], asyncio.Task[None]] = {}
        self._connected: set[Frames] = set()
        self._server: asyncio.AbstractServer | None = None
        self._path: Path | None = None

    async def open(self, path: Path) -> None:
        """Listen at `path`, whose folder must be this user's alone; raises OSError."""
        free_path(path)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(self._connection, str(path))
        self._path = path

    async def open_on(self, node: str, folder: Path, kind: str) -> Place | None:
        """Listen in this private folder of the node and say where; None where that is not to be."""
        try:
            path = await asyncio.to_thread(own_socket, folder, kind)
            await self.open(path)
        except OSError as error:
            log.warning("no door", extra={"error": type(error).__name__})
            return None
        return Place(node, str(path))

    async def close(self) -> None:
        """Take no more calls, and return when those that run have ended."""
        if self._server is None or self._path is None:
            return
        self._server.close()
        self._server = None
        self._path.unlink(missing_ok=True)
        for frames in self._connected:
            frames.send((0, CLOSING, None))
        if self._calls:
            await asyncio.wait(self._calls.values())
        for frames in tuple(self._connected):
            frames.close()

    def _connection(self) -> Frames:
        frames = Frames(self._took, self._gone)
        self._connected.add(frames)
        return frames

    def _gone(self, frames: Frames) -> None:
        self._connected.discard(frames)
        for (caller, _), task in self._calls.items():
            if caller is frames:
                task.cancel()

    def _took(self, frames: Frames, message: Any) -> None:
        number, method, args, whole = message
        key = (frames, number)
        if method is None:
            if key in self._calls:
                self._calls[key].cancel()
            return
        refused = self._refusal(method)
        if refused is not None:
            frames.send((number, FAILED, refused))
            return
        answer = self._answer if whole else self._items
        task = asyncio.create_task(self._run(frames, number, answer(frames, number, method, args)))
        self._calls[key] = task
        task.add_done_callback(lambda _: self._calls.pop(key, None))

    def _refusal(self, method: str) -> PodiumError | None:
        if method not in self._methods:
            return InternalError(f"'{method}' is not for this door.")
        if self._server is None:
            return DoorClosed(
                f"{self._name} is being restarted; try again shortly.", retry_after=_RETRY_AFTER_S
            )
        if len(self._calls) >= self._most:
            return Overloaded(
                f"{self._name} is full; try again shortly.", retry_after=_RETRY_AFTER_S
            )
        return None

    async def _run(self, frames: Frames, number: int, work: Any) -> None:
        try:
            frames.send((number, DONE, await work))
        except PodiumError as error:
            frames.send((number, FAILED, error))
        except BaseException as error:
            # Also where the work was cancelled by something else than its caller, who waits.
            frames.send((number, FAILED, InternalError(f"{self._name} failed; its log says how.")))
            if not isinstance(error, Exception):
                raise
            log.error("call failed", extra={"error": type(error).__name__})

    async def _answer(self, _frames: Frames, _number: int, method: str, args: Any) -> Any:
        return await getattr(self._target, method)(*args)

    async def _items(self, frames: Frames, number: int, method: str, args: Any) -> None:
        async with aclosing(getattr(self._target, method)(*args)) as items:
            async for item in items:
                frames.send((number, ITEM, item))
                await frames.drained()
