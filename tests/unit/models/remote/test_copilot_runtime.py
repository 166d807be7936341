"""One runtime of Copilot: whoever reads its events hears of its end, whoever ended it."""

from __future__ import annotations

import asyncio
from typing import Any

from models.remote.copilot_runtime import Limits, Runtime


class _Quiet:
    """The SDK's client as it is when it ends the connection itself: it tells nobody."""

    async def force_stop(self) -> None:
        """Nothing to stop."""


async def test_a_reader_hears_that_it_was_closed() -> None:
    def make(runtime: Runtime, folder: str) -> Any:
        return _Quiet()

    runtime = Runtime(make, Limits(start_s=60.0, silence_s=60.0, size=100))
    reading = asyncio.create_task(anext(runtime, None))
    await asyncio.sleep(0)
    assert not reading.done(), "the probe: it waits for an event"
    await runtime.close()
    async with asyncio.timeout(10):
        assert await reading is None
