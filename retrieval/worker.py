"""Worker threads: work of over a millisecond stays off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from models.deadline import Deadline
from models.errors import DeadlineExceeded

T = TypeVar("T")


class Worker:
    """A small pool of threads; a deadline ends the wait, the thread then finishes unheard."""

    def __init__(self, threads: int = 2, name: str = "retrieval") -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[[], T], deadline: Deadline, what: str) -> T:
        """What `work` returns; DeadlineExceeded names `what`."""
        deadline.check(what)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await loop.run_in_executor(self._pool, work)
        except TimeoutError as error:
            raise DeadlineExceeded(f"The deadline passed before {what} finished.") from error

    def close(self) -> None:
        """Let running work finish, then end the threads."""
        self._pool.shutdown(wait=True)
