"""Wait for a job of an ImageModel to end, and take what it made."""

from __future__ import annotations

import asyncio

from models.deadline import Deadline
from models.errors import DeadlineExceeded, ModelUnavailable
from models.images import ImageJob, Images
from models.ports import ImageJobs

PAUSE_S = 1.0


async def finished(
    model: ImageJobs, job: ImageJob, deadline: Deadline, pause_s: float = PAUSE_S
) -> Images:
    """The pictures of `job`, asked about every `pause_s` seconds.

    Raises DeadlineExceeded for one that is not done by then, ModelUnavailable for one that failed.
    """
    while job.status not in ("done", "failed"):
        if deadline.remaining() <= pause_s:
            raise DeadlineExceeded("The pictures were not done in time; allow more time.")
        await asyncio.sleep(pause_s)
        job = await model.poll(job, deadline)
    if job.status == "failed":
        raise ModelUnavailable("The job that was to make the pictures failed; try again.")
    return await model.fetch(job, deadline)
