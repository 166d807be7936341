"""Live lines on one model: every line's clips wait in one queue and are written down in batches.

Nothing of a line is kept here between calls, so any replica may take any piece of any line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from models.deadline import Deadline
from models.errors import DeadlineExceeded
from models.live import HeardClip, Listened, Piece, SpokenClip
from models.local.batching import TokenBatcher
from models.local.live_ear import Detect, listen

Write = Callable[[Sequence[SpokenClip]], Sequence[HeardClip]]
Result = TypeVar("Result")


class LiveSpeech:
    """Listens in one thread and writes down in another; final passes go before guesses.

    A batch holds up to `batch` clips of any lines: whoever waits when the model is free rides in
    the next one, and nobody waits for company. `sizes` are those of the last hundred batches.
    """

    def __init__(self, detect: Detect, write: Write, batch: int) -> None:
        self._detect = detect
        self._write = write
        self._ear = ThreadPoolExecutor(1, thread_name_prefix="ear")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="live")
        self._batcher: TokenBatcher[SpokenClip, HeardClip] = TokenBatcher(self._run, batch)
        self.batch = batch
        self.sizes: list[int] = []

    def close(self) -> None:
        """Let go of the threads."""
        self._ear.shutdown(wait=False, cancel_futures=True)
        self._writer.shutdown(wait=False, cancel_futures=True)

    async def listen(self, piece: Piece, deadline: Deadline) -> Listened:
        """The piece as samples and probabilities of speech."""
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._ear, listen, piece, self._detect)
        return await _by(deadline, work)

    async def hear(self, clip: SpokenClip, deadline: Deadline) -> HeardClip:
        """What the clip says; cancelling takes it out of the queue, or lets its batch go by."""
        work = self._batcher.submit([(clip, 1)], urgent=clip.final)
        (heard,) = await _by(deadline, asyncio.ensure_future(work))
        return heard

    async def _run(self, clips: Sequence[SpokenClip]) -> Sequence[HeardClip]:
        self.sizes = [*self.sizes[-99:], len(clips)]
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._write, clips)


async def _by(deadline: Deadline, work: asyncio.Future[Result]) -> Result:
    try:
        async with asyncio.timeout(deadline.remaining()):
            return await work
    except TimeoutError:
        raise DeadlineExceeded("The line was not heard in time; try again.") from None
