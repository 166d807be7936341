"""Work that goes on in threads, read piece by piece in an event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

# Says whether nobody wants any more.
Stopped = Callable[[], bool]


class Threaded:
    """Runs iterators in `threads` threads; those that find none free wait, first come first."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self.running = 0
        self.waiting = 0

    async def items(self, work: Callable[[Stopped], Iterator[Item]]) -> AsyncGenerator[Item, None]:
        """What `work` gives, and what it raises; leaving early tells it to stop."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Item | None] = asyncio.Queue()
        stopped = threading.Event()

        def run() -> None:
            loop.call_soon_threadsafe(self._begin)
            try:
                for item in work(stopped.is_set):
                    loop.call_soon_threadsafe(queue.put_nowait, item)
            finally:
                loop.call_soon_threadsafe(self._end)
                loop.call_soon_threadsafe(queue.put_nowait, None)

        self.waiting += 1
        future = self._pool.submit(run)
        try:
            while (item := await queue.get()) is not None:
                yield item
            await asyncio.wrap_future(future)
        finally:
            stopped.set()
            self._drop(future)

    def close(self) -> None:
        """Begin nothing any more; does not wait for what goes on."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _begin(self) -> None:
        self.waiting -= 1
        self.running += 1

    def _end(self) -> None:
        self.running -= 1

    def _drop(self, future: Future[None]) -> None:
        """One that never began leaves the line."""
        if future.cancel():
            self.waiting -= 1
