"""What is begun of a turn while it is still said: one attempt at a time, on the newest words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

# So many new words are worth another attempt: each takes a model's time from other lines.
_ENOUGH = 3

Begin = Callable[[str], Awaitable[None]]


class Rehearsing:
    """`begin` does what can be done of these words; it is never asked twice at once."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._said = ""
        self._tried = 0
        self._task: asyncio.Task[None] | None = None

    def hear(self, text: str) -> None:
        """More words stand; `text` goes on where the one before ended."""
        self._said += text
        if self._task is None and self._enough():
            self._task = asyncio.create_task(self._work(), name="rehearsal")

    def stop(self) -> None:
        """What is under way is not wanted any more; later words begin anew."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _enough(self) -> bool:
        return len(self._said.split()) >= self._tried + _ENOUGH

    async def _work(self) -> None:
        while self._enough():
            self._tried = len(self._said.split())
            await self._begin(self._said.strip())
        self._task = None
