"""Work in threads: in order, with its errors, and stopped when nobody reads any more."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from models.local.threaded import Stopped, Threaded


async def test_items_come_in_order_and_errors_after_them() -> None:
    def work(_: Stopped) -> Iterator[int]:
        yield from (1, 2)
        raise ValueError("after two")

    threads, seen = Threaded(1, "t"), []
    with pytest.raises(ValueError, match="after two"):
        async for item in threads.items(work):
            seen.append(item)
    assert seen == [1, 2] and threads.running == threads.waiting == 0
    threads.close()


async def test_leaving_stops_the_work_and_those_who_wait_leave_the_line() -> None:
    def endless(stopped: Stopped) -> Iterator[int]:
        while not stopped():
            yield 1

    threads = Threaded(1, "t")
    async with aclosing(threads.items(endless)) as first:
        assert await anext(first) == 1
        second = asyncio.ensure_future(anext(threads.items(endless)))
        await asyncio.sleep(0)
        assert (threads.running, threads.waiting) == (1, 1)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        assert threads.waiting == 0
    async with asyncio.timeout(10):
        while threads.running:  # noqa: ASYNC110 - a thread tells nobody
            await asyncio.sleep(0.001)
    threads.close()


async def test_no_more_at_once_than_there_are_threads() -> None:
    gate, inside = threading.Event(), threading.Semaphore(0)

    def work(_: Stopped) -> Iterator[int]:
        inside.release()
        gate.wait(10)
        yield 1

    async def one(threads: Threaded) -> list[int]:
        return [item async for item in threads.items(work)]

    threads = Threaded(2, "t")
    tasks = [asyncio.create_task(one(threads)) for _ in range(3)]
    await asyncio.to_thread(lambda: [inside.acquire(timeout=10) for _ in range(2)])
    await asyncio.sleep(0.05)
    assert (threads.running, threads.waiting) == (2, 1)
    gate.set()
    assert [await task for task in tasks] == [[1], [1], [1]]
    threads.close()
