"""A Remote that goes through a deployment's door where it has one on this node."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from typing import Any

from deployments.door import DoorClosed
from deployments.door_line import DoorLine
from deployments.remote import Remote
from deployments.replica_counts import ReplicaCount
from models.deadline import Deadline
from models.errors import PodiumError

log = logging.getLogger("podium.door")

ASK_S = 5.0
AGAIN_S = 2.0
COUNT_S = 5.0


class NearRemote:
    """The Remote `far`, or its door on `node` once one is found; nobody waits for the search.

    `far` is asked for its `door` when there is no connection, every other second at most. With
    `count`, that is done only while there is one replica, for by a door nobody picks among several;
    it is counted again every few seconds.
    """

    def __init__(
        self,
        far: Remote,
        node: str,
        count: ReplicaCount | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = far.name
        self._far = far
        self._node = node
        self._count = count
        self._clock = clock
        self._line: DoorLine | None = None
        self._search: asyncio.Task[None] | None = None
        self._again = 0.0
        self._silent = False

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        """The method's answer; raises PodiumError only."""
        try:
            return await self._way().call(method, *args, deadline=deadline)
        except DoorClosed:
            return await self._far.call(method, *args, deadline=deadline)

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        """The items of a generator method as they come; closing this stops the remote one."""
        try:
            async with aclosing(self._way().stream(method, *args, deadline=deadline)) as items:
                async for item in items:
                    yield item
            return
        except DoorClosed:
            pass
        async with aclosing(self._far.stream(method, *args, deadline=deadline)) as items:
            async for item in items:
                yield item

    async def found(self) -> bool:
        """Whether there is a door, when the search that runs now has ended."""
        self._way()
        if self._search is not None:
            await asyncio.wait({self._search})
        return self._line is not None and self._line.open

    def _way(self) -> Remote:
        line = self._line if self._line is not None and self._line.open else None
        if self._search is None and self._clock() >= self._again:
            if line is None:
                self._begin(self._look(), AGAIN_S)
            elif self._count is not None:
                self._begin(self._recount(line), COUNT_S)
        return line or self._far

    def _begin(self, work: Coroutine[Any, Any, None], again_s: float) -> None:
        self._again = self._clock() + again_s
        self._search = asyncio.create_task(work, name="door")

    async def _look(self) -> None:
        try:
            place = await self._far.call("door", deadline=Deadline.after(ASK_S))
            if place is not None and place.node == self._node and await self._alone():
                self._line = await DoorLine.connect(place.path, self.name)
                self._silent = False
        except (PodiumError, OSError) as error:
            # Calls go through `far` meanwhile, and say what is wrong with it.
            if not self._silent:
                log.warning("no door", extra={"error": type(error).__name__})
            self._silent = True
        finally:
            self._search = None

    async def _recount(self, line: DoorLine) -> None:
        try:
            if not await self._alone():
                line.retire()
        finally:
            self._search = None

    async def _alone(self) -> bool:
        if self._count is None:
            return True
        try:
            return await self._count() == 1
        except Exception as error:
            # Serve's controller may be away; what is known of the replicas stays as it was.
            log.warning("replicas not counted", extra={"error": type(error).__name__})
            return self._line is not None and self._line.open
