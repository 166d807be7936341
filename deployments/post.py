"""A replica's way to the mailboxes of the gateways on its node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from deployments.frames import Frames
from deployments.stream_mailbox import DONE, FAILED, ITEM, Address, Posted
from models.errors import InternalError, PodiumError


class Post:
    """Keeps one connection to each mailbox of `node`."""

    def __init__(self, node: str) -> None:
        self._node = node
        self._lines: dict[str, asyncio.Task[Frames | None]] = {}

    async def deliver(
        self, items: AsyncIterator[Any], address: Address | None
    ) -> AsyncGenerator[Any, None]:
        """Put the items into the slot and yield `Posted`; yield them where it can't be reached."""
        line = await self._line(address) if address is not None else None
        if line is None or address is None:
            async for item in items:
                yield item
            return
        await _send(items, line, address.slot)
        yield Posted()

    async def _line(self, address: Address) -> Frames | None:
        if address.node != self._node:
            return None
        task = self._lines.get(address.path)
        if task is None:
            task = asyncio.create_task(self._connected(address.path), name="line")
            self._lines[address.path] = task
        # The first of those who ask may leave; the others wait for the same line.
        return await asyncio.shield(task)

    async def _connected(self, path: str) -> Frames | None:
        task = asyncio.current_task()

        def gone(_frames: Frames | None = None) -> None:
            if self._lines.get(path) is task:
                del self._lines[path]

        line = Frames(_deaf, gone)
        try:
            await asyncio.get_running_loop().create_unix_connection(lambda: line, path)
        except OSError:
            gone()
            return None
        return line


async def _send(items: AsyncIterator[Any], line: Frames, slot: int) -> None:
    try:
        async for item in items:
            line.send((slot, ITEM, item))
            await line.drained()
            if line.gone:
                break
        line.send((slot, DONE, None))
    except PodiumError as error:
        # By the same way as the items, or it might be there before them.
        line.send((slot, FAILED, error))
    if line.gone:
        raise InternalError("The gateway that asked went away; its client has to ask again.")


def _deaf(_frames: Frames, _message: Any) -> None:
    """Nobody answers on this line."""
