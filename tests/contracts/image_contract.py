"""What every ImageModel must do; run each of CHECKS over each implementation."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models.deadline import Deadline
from models.errors import DeadlineExceeded
from models.image_jobs import finished
from models.images import ImageRequest, Images
from models.pictures import media_type_of
from models.ports import ImageModel

# A model, and what a request for it says besides its prompt.
Subject = tuple[ImageModel, dict[str, Any]]
Check = Callable[[Subject], Awaitable[None]]
_SECONDS = 60.0


def request(subject: Subject, prompt: str = "a red lamp", **fields: Any) -> ImageRequest:
    return ImageRequest(prompt=prompt, **{"model": "images"} | subject[1] | fields)


async def make(subject: Subject, prompt: str = "a red lamp", **fields: Any) -> Images:
    deadline = Deadline.after(_SECONDS)
    job = await subject[0].submit(request(subject, prompt, **fields), deadline)
    return await finished(subject[0], job, deadline, pause_s=0.01)


async def every_picture_is_one_of_its_media_type(subject: Subject) -> None:
    made = await make(subject)
    assert len(made.images) == 1
    assert all(media_type_of(one.data) == one.media_type for one in made.images)


async def as_many_come_as_were_asked_for(subject: Subject) -> None:
    assert len((await make(subject, n=3)).images) == 3


async def a_job_that_is_done_stays_so(subject: Subject) -> None:
    deadline = Deadline.after(_SECONDS)
    job = await subject[0].submit(request(subject), deadline)
    made = await finished(subject[0], job, deadline, pause_s=0.01)
    while job.status not in ("done", "failed"):
        job = await subject[0].poll(job, deadline)
    assert job.status == "done"
    assert await subject[0].fetch(job, deadline) == made


async def passed_deadline_is_said(subject: Subject) -> None:
    with pytest.raises(DeadlineExceeded):
        await subject[0].submit(request(subject), Deadline.after(0))


async def concurrent_jobs_get_their_own(subject: Subject) -> None:
    prompts = ("a red lamp", "a green lamp", "a blue router")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(make(subject, prompt)) for prompt in prompts]
    pictures = [task.result().images[0].data for task in tasks]
    assert len(set(pictures)) == len(prompts)


async def results_cross_processes(subject: Subject) -> None:
    made = await make(subject)
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - our own


async def a_prompt_shows_in_no_repr(subject: Subject) -> None:
    wanted = request(subject, "CANARY-of-the-prompt")
    assert "CANARY" not in repr(wanted)
    assert "CANARY" in wanted.prompt


CHECKS: tuple[Check, ...] = (
    every_picture_is_one_of_its_media_type,
    as_many_come_as_were_asked_for,
    a_job_that_is_done_stays_so,
    passed_deadline_is_said,
    concurrent_jobs_get_their_own,
    results_cross_processes,
    a_prompt_shows_in_no_repr,
)
