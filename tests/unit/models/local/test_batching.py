"""Micro-batching: whoever waits when the worker is free rides in its next batch."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from models.local.batching import TokenBatcher


class Gate:
    """A worker that takes a batch and waits to be let go on."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.open = asyncio.Event()
        self.error: Exception | None = None

    async def run(self, items: Sequence[str]) -> Sequence[str]:
        self.batches.append(list(items))
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return [item.upper() for item in items]


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def _one(text: str, tokens: int = 1) -> list[tuple[str, int]]:
    return [(text, tokens)]


async def test_alone_starts_at_once() -> None:
    gate = Gate()
    gate.open.set()
    assert await TokenBatcher(gate.run, 10).submit(_one("a")) == ["A"]
    assert gate.batches == [["a"]]


async def test_what_waits_becomes_one_batch_and_each_gets_its_own() -> None:
    gate = Gate()
    batcher = TokenBatcher(gate.run, 10)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(batcher.submit(_one("a")))]
        await _settle()
        tasks += [group.create_task(batcher.submit(_one(text))) for text in "bcd"]
        await _settle()
        assert gate.batches == [["a"]]
        gate.open.set()
    assert gate.batches == [["a"], ["b", "c", "d"]]
    assert [task.result() for task in tasks] == [["A"], ["B"], ["C"], ["D"]]


async def test_token_limit_splits_but_never_starves_a_long_item() -> None:
    gate = Gate()
    gate.open.set()
    items = [("a", 6), ("b", 6), ("long", 99), ("c", 4), ("d", 6)]
    assert await TokenBatcher(gate.run, 10).submit(items) == ["A", "B", "LONG", "C", "D"]
    assert gate.batches == [["a"], ["b"], ["long"], ["c", "d"]]


async def test_urgent_goes_before_what_waited_longer() -> None:
    gate = Gate()
    batcher = TokenBatcher(gate.run, 2)
    async with asyncio.TaskGroup() as group:
        group.create_task(batcher.submit(_one("first")))
        await _settle()
        group.create_task(batcher.submit([("bulk1", 2), ("bulk2", 2)]))
        group.create_task(batcher.submit(_one("query", 2), urgent=True))
        await _settle()
        gate.open.set()
    assert gate.batches == [["first"], ["query"], ["bulk1"], ["bulk2"]]


async def test_cancelled_items_are_not_run() -> None:
    gate = Gate()
    batcher = TokenBatcher(gate.run, 1)
    first = asyncio.create_task(batcher.submit(_one("first")))
    gone = asyncio.create_task(batcher.submit([("gone1", 1), ("gone2", 1)]))
    last = asyncio.create_task(batcher.submit(_one("last")))
    await _settle()
    gone.cancel()
    await _settle()
    gate.open.set()
    assert (await first, await last) == (["FIRST"], ["LAST"])
    assert gate.batches == [["first"], ["last"]]


async def test_failure_reaches_every_caller_of_the_batch_and_no_other() -> None:
    gate = Gate()
    batcher = TokenBatcher(gate.run, 2)
    gate.error = RuntimeError("broken")
    failing = [asyncio.create_task(batcher.submit(_one(text))) for text in "ab"]
    await _settle()
    gate.open.set()
    for task in failing:
        with pytest.raises(RuntimeError, match="broken"):
            await task
    gate.error = None
    assert await batcher.submit(_one("c")) == ["C"]
