"""Wait for a job of an ImageModel to end, and take what it made."""

from __future__ import annotations

import asyncio
import contextlib

from models.deadline import Deadline
from models.errors import DeadlineExceeded, ModelUnavailable
from models.images import ImageJob, Images
from models.ports import ImageJobs

PAUSE_S = 1.0
# However often somebody rings.
SHORTEST_S = 0.1


async def finished(
    model: ImageJobs,
    job: ImageJob,
    deadline: Deadline,
    pause_s: float = PAUSE_S,
    bell: asyncio.Event | None = None,
) -> Images:
    """The pictures of `job`, asked about every `pause_s` seconds, and when the `bell` is rung.

    Raises DeadlineExceeded for one that is not done by then, ModelUnavailable for one that failed.
    """
    while job.status not in ("done", "failed"):
        if deadline.remaining() <= pause_s:
            raise DeadlineExceeded("The pictures were not done in time; allow more time.")
        await _pause(pause_s, bell)
        job = await model.poll(job, deadline)
    if job.status == "failed":
        raise ModelUnavailable("The job that was to make the pictures failed; try again.")
    return await model.fetch(job, deadline)


async def _pause(pause_s: float, bell: asyncio.Event | None) -> None:
    """Wait so long, or until somebody rings."""
    if bell is None or pause_s <= SHORTEST_S:
        await asyncio.sleep(pause_s)
        return
    await asyncio.sleep(SHORTEST_S)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(pause_s - SHORTEST_S):
            await bell.wait()
    bell.clear()
