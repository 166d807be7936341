"""A Remote whose streams come by this process's mailbox, from replicas on its own node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from deployments.call_errors import lost, too_late
from deployments.remote import Remote
from deployments.stream_mailbox import DONE, FAILED, ITEM, Mailbox, Posted, Said
from models.deadline import Deadline

# Serve's way keeps the deadline; so much later nothing of it will come any more.
LATE_S = 1.0
# What was put into the mailbox is on its way for so long at most.
POSTED_S = 5.0


class NearStreams:
    """The Remote `far`, which carries every call and its end, and the items from other nodes.

    Its generator methods take an `Address` behind their other arguments, or None.
    """

    def __init__(self, far: Remote, mailbox: Mailbox, posted_s: float = POSTED_S) -> None:
        self.name = far.name
        self._far = far
        self._mailbox = mailbox
        self._posted_s = posted_s
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
            late = asyncio.get_running_loop().call_later(
                deadline.remaining() + LATE_S, said.put_nowait, (FAILED, too_late(self.name))
            )
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
                late.cancel()
                # At its end Serve still has something to say, which nobody has to wait for.
                if not ended:
                    carried.cancel()

    def _carry(
        self, items: AsyncGenerator[Any, None], said: asyncio.Queue[Said]
    ) -> asyncio.Task[None]:
        task = asyncio.create_task(self._carried_by(items, said), name="carried")
        self._carried.add(task)
        task.add_done_callback(self._carried.discard)
        return task

    async def _carried_by(
        self, items: AsyncGenerator[Any, None], said: asyncio.Queue[Said]
    ) -> None:
        """Put what Serve brings beside what the mailbox brings, no faster than it is taken."""
        try:
            async with aclosing(items):
                end: Said = (DONE, None)
                async for item in items:
                    if isinstance(item, Posted):
                        end = (FAILED, lost(self.name))
                    else:
                        said.put_nowait((ITEM, item))
                        await said.join()
            if end[0] == FAILED:
                # By then the slot has been left, unless what was posted never came.
                await asyncio.sleep(self._posted_s)
            said.put_nowait(end)
        except BaseException as error:
            # Whoever waits at the slot would do so for ever.
            said.put_nowait((FAILED, error if isinstance(error, Exception) else lost(self.name)))
            if not isinstance(error, Exception):
                raise
