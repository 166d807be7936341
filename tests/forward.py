"""An event loop whose clock is put forward: what waits for a time does not wait for the machine."""

from __future__ import annotations

import asyncio

# What was sent before the call is read first: it would begin the wait anew.
_TURNS = 3


class Forward:
    """Called with seconds, from any thread, the timers of `loop` are due by so much sooner.

    What a test waits for is given plenty of time, and the time passes when the test says so: a slow
    moment of the machine is then none of the silence, the pause or the deadline that it is about.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._by = 0.0
        clock = loop.time
        loop.time = lambda: clock() + self._by  # type: ignore[method-assign]

    def __call__(self, seconds: float) -> None:
        self._loop.call_soon_threadsafe(self._put, seconds, _TURNS)

    def _put(self, seconds: float, turns: int) -> None:
        if turns:
            self._loop.call_soon(self._put, seconds, turns - 1)
        else:
            self._by += seconds
