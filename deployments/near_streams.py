"""A Remote whose streams come by this process's mailbox, from replicas on its own node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from deployments.remote import Remote
from deployments.stream_mailbox import DONE, FAILED, ITEM, Mailbox, Posted, Said
from models.deadline import Deadline


class NearStreams:
    """The Remote `far`, which carries every call and its end, and the items from other nodes.

    Its generator methods take an `Address` behind their other arguments, or None.
    """

    def __init__(self, far: Remote, mailbox: Mailbox) -> None:
        self.name = far.name
        self._far = far
        self._mailbox = mailbox
        self._carried: set[asyncio.Task[None]] = set()

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        """The method's answer; raises PodiumError only."""
        return await self._far.call(method, *args, deadline=deadline)

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        """The items of a generator method as they come; closing this stops the remote one."""
        with self._mailbox.slot() as (address, said):
            items = self._far.stream(method, *args, address, deadline=deadline)
            carried = self._carry(items, said)
            ended = False
            try:
                while not ended:
                    kind, value = await said.get()
                    said.task_done()
                    ended = kind != ITEM
                    if kind == FAILED:
                        raise value
                    if not ended:
                        yield value
            finally:
                # At its end Serve still has something to say, which nobody has to wait for.
                if not ended:
                    carried.cancel()

    def _carry(
        self, items: AsyncGenerator[Any, None], said: asyncio.Queue[Said]
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(_carried(items, said), name="carried")
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)
        return task


async def _carried(items: AsyncGenerator[Any, None], said: asyncio.Queue[Said]) -> None:
    """Put what Serve brings beside what the mailbox brings, no faster than it is taken.

    The deadline is kept by Serve's way, for the items of both.
    """
    posted = False
    try:
        async with aclosing(items):
            async for item in items:
                posted = isinstance(item, Posted)
                if not posted:
                    said.put_nowait((ITEM, item))
                    await said.join()
        if not posted:
            said.put_nowait((DONE, None))
    except Exception as error:
        # Whoever waits at the slot would do so for ever.
        said.put_nowait((FAILED, error))
