"""Snapshots are written once a collection rests, and not for ever later."""

from __future__ import annotations

import asyncio
import logging

import pytest

from deployments.snapshots_kept import SnapshotsKept
from models.errors import DeadlineExceeded, NotFound
from tests.forward import Forward


class Flushed:
    """Says each time, and can fail."""

    def __init__(self, error: Exception | None = None) -> None:
        self.names: asyncio.Queue[str] = asyncio.Queue()
        self.error = error

    async def __call__(self, collection: str) -> None:
        self.names.put_nowait(collection)
        if self.error is not None:
            raise self.error

    async def next(self) -> str:
        async with asyncio.timeout(30):
            return await self.names.get()


async def test_many_writes_in_a_row_are_one_snapshot_each_collection() -> None:
    flushed = Flushed()
    kept = SnapshotsKept(flushed, quiet_s=20.0)
    forward = Forward(asyncio.get_running_loop())
    for _ in range(20):
        kept.wrote("kb")
        kept.wrote("other")
        await asyncio.sleep(0.01)
    assert flushed.names.empty()
    forward(20.0)
    assert {await flushed.next(), await flushed.next()} == {"kb", "other"}
    kept.wrote("kb")
    forward(20.0)
    assert await flushed.next() == "kb"
    # Nothing else was in line before the last one.
    assert flushed.names.empty()


async def test_writes_that_never_rest_do_not_put_it_off_for_ever() -> None:
    flushed = Flushed()
    kept = SnapshotsKept(flushed, quiet_s=600.0, most_s=0.1)
    for _ in range(30):
        kept.wrote("kb")
        await asyncio.sleep(0.01)
    assert await flushed.next() == "kb"


async def test_a_collection_that_is_gone_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    flushed = Flushed(NotFound("There is none."))
    with caplog.at_level(logging.WARNING, "podium.retriever"):
        SnapshotsKept(flushed, quiet_s=0.0).wrote("kb")
        await flushed.next()
        await asyncio.sleep(0)
    assert [record.message for record in caplog.records] == ["no index snapshot"]


async def test_a_stop_in_order_writes_what_is_waited_with() -> None:
    flushed = Flushed()
    kept = SnapshotsKept(flushed, quiet_s=600.0, most_s=600.0)
    for name in ("kb", "other", "kb"):
        kept.wrote(name)
    assert flushed.names.empty()
    await kept.close()
    assert sorted([flushed.names.get_nowait(), flushed.names.get_nowait()]) == ["kb", "other"]
    await kept.close()
    assert flushed.names.empty()


@pytest.mark.parametrize("end", [DeadlineExceeded("It is late."), asyncio.CancelledError()])
async def test_a_write_that_nobody_waits_for_any_more_counts(end: BaseException) -> None:
    flushed = Flushed()
    kept = SnapshotsKept(flushed, quiet_s=600.0)
    with pytest.raises(NotFound), kept.writing("kb"):
        raise NotFound("There is none.")
    await kept.close()
    assert flushed.names.empty()
    with pytest.raises(type(end)), kept.writing("kb"):
        raise end
    await kept.close()
    assert flushed.names.get_nowait() == "kb"
