"""One process's connection to a door: a Remote over it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from itertools import count
from typing import Any

from deployments.call_errors import lost, too_late
from deployments.door import CLOSING, DONE, FAILED
from deployments.frames import Frames
from models.deadline import Deadline


class DoorLine:
    """A Remote; made by `connect`. Not `open` any more, it takes no new calls."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.open = True
        self._calls: dict[int, asyncio.Queue[tuple[str, Any]]] = {}
        self._numbers = count(1)
        self._frames = Frames(self._took, self._gone)

    @classmethod
    async def connect(cls, path: str, name: str) -> DoorLine:
        """The line to the door at `path`; raises OSError."""
        line = cls(name)
        await asyncio.get_running_loop().create_unix_connection(lambda: line._frames, path)
        return line

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        """The method's answer; raises PodiumError only."""
        number, said = self._begun(method, args, whole=True)
        try:
            _, answer = await self._next(said, deadline)
        finally:
            self._ended(number)
        return answer

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        """The items of a generator method as they come; closing this stops the remote one."""
        number, said = self._begun(method, args, whole=False)
        try:
            while True:
                kind, item = await self._next(said, deadline)
                if kind == DONE:
                    return
                yield item
        finally:
            self._ended(number)

    def retire(self) -> None:
        """Take no new calls, and end the connection with the last one that runs."""
        self.open = False
        if not self._calls:
            self._frames.close()

    def close(self) -> None:
        """End the connection."""
        self._frames.close()

    def _begun(
        self, method: str, args: tuple[object, ...], *, whole: bool
    ) -> tuple[int, asyncio.Queue[tuple[str, Any]]]:
        number = next(self._numbers)
        if self.open:
            self._frames.send((number, method, args, whole))
        said = self._calls[number] = asyncio.Queue()
        if not self.open:
            self._took(self._frames, (number, FAILED, lost(self.name)))
        return number, said

    def _ended(self, number: int) -> None:
        """Whoever leaves before the end was told stops the work at the other end."""
        if self._calls.pop(number, None) is not None:
            self._frames.send((number, None, None, None))
        if not self.open and not self._calls:
            self._frames.close()

    async def _next(
        self, said: asyncio.Queue[tuple[str, Any]], deadline: Deadline
    ) -> tuple[str, Any]:
        try:
            async with asyncio.timeout(deadline.remaining()):
                kind, value = await said.get()
        except TimeoutError as error:
            raise too_late(self.name) from error
        if kind == FAILED:
            raise value
        return kind, value

    def _took(self, _frames: Frames, message: Any) -> None:
        number, kind, value = message
        if kind == CLOSING:
            self.open = False
            return
        said = self._calls.get(number)
        if said is None:
            return
        if kind in (DONE, FAILED):
            del self._calls[number]
        said.put_nowait((kind, value))

    def _gone(self, _frames: Frames) -> None:
        self.open = False
        for number in tuple(self._calls):
            self._took(_frames, (number, FAILED, lost(self.name)))
