"""A deployment that may be asleep: who asks it waits for its start, or is told how long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from typing import Any

from deployments.model_status import Load
from deployments.remote import Remote
from models.deadline import Deadline
from models.errors import DeadlineExceeded, Overloaded, PodiumError
from router.scaling.settings import Scaling
from router.scaling.waking import Waking

_WAKE_S = 600.0
_END = object()


class WakingRemote:
    """The Remote `remote`; Serve keeps its calls while no replica is there, and that wakes it.

    `load` is the last thing known of the model. At most `scaling.queue` calls wait here at once.
    """

    def __init__(
        self,
        remote: Remote,
        scaling: Scaling,
        load: Callable[[], Load],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = remote.name
        self._remote = remote
        self._scaling = scaling
        self._load = load
        self._clock = clock
        self._waking = Waking()
        self._waiting = 0
        self._knock: asyncio.Task[None] | None = None

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        """The method's answer; raises ModelUnavailable where the start takes too long."""
        with self._awake(deadline):
            return await self._remote.call(method, *args, deadline=deadline)

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        """The items as they come; with the first the wait for a start is over."""
        async with aclosing(self._remote.stream(method, *args, deadline=deadline)) as items:
            with self._awake(deadline):
                item = await anext(items, _END)
            while item is not _END:
                yield item
                item = await anext(items, _END)

    @contextmanager
    def _awake(self, deadline: Deadline) -> Iterator[None]:
        if not self._asleep():
            yield
            return
        self._waking = self._waking.told(self._load().start_s).asked(self._clock())
        self._admit(deadline)
        self._waiting += 1
        try:
            yield
        except DeadlineExceeded:
            if self._asleep():
                raise self._error() from None
            raise
        finally:
            self._waiting -= 1

    def _asleep(self) -> bool:
        asleep = self._load().state == "cold"
        if not asleep:
            self._waking = self._waking.up(self._clock())
        return asleep

    def _admit(self, deadline: Deadline) -> None:
        """Raise where it makes no sense to wait; the model wakes all the same."""
        if self._waiting >= self._scaling.queue:
            self._wake()
            error = self._error()
            raise Overloaded(error.message, retry_after=error.retry_after, param="model")
        left = self._waking.left(self._clock())
        if left is not None and left > min(deadline.remaining(), self._scaling.wait_s):
            self._wake()
            raise self._error()

    def _error(self) -> PodiumError:
        return self._waking.error(self.name, self._clock())

    def _wake(self) -> None:
        """One question that nobody waits for."""
        if self._knock is None or self._knock.done():
            self._knock = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        with suppress(PodiumError):
            await self._remote.call("stats", deadline=Deadline.after(_WAKE_S))
