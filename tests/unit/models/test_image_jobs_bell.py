"""A job is asked about when somebody rings, and not more often than is good for its server."""

from __future__ import annotations

import asyncio

from models.deadline import Deadline
from models.image_jobs import finished
from models.images import Image, ImageJob, Images

MADE = Images((Image("image/png", b"x"),))


class Slow:
    """An ImageModel whose jobs are done at the second question."""

    def __init__(self) -> None:
        self.asked = 0
        self.first = asyncio.Event()

    async def poll(self, job: ImageJob, deadline: Deadline) -> ImageJob:
        self.asked += 1
        self.first.set()
        return ImageJob(job.id, "done" if self.asked > 1 else "running", MADE)

    async def fetch(self, job: ImageJob, deadline: Deadline) -> Images:
        assert job.made is not None
        return job.made


async def test_a_bell_shortens_the_pause() -> None:
    """An hour between questions, and an hour in all: only the bell can make it end."""
    model, bell = Slow(), asyncio.Event()
    making = asyncio.create_task(
        finished(model, ImageJob("j", "waiting"), Deadline.after(86_400), 3_600, bell)
    )
    for _ in range(2):
        bell.set()
        await model.first.wait()
        model.first.clear()
    assert await making == MADE
    assert model.asked == 2
