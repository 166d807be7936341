"""A busy model stays ready, a dead one does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from deployments.model_status import SILENCES, ModelStatus
from models.deadline import Deadline
from models.errors import DeadlineExceeded, ModelUnavailable


@dataclass(frozen=True)
class _Stats:
    running: int = 1
    waiting: int = 0


@dataclass
class _Remote:
    """Answers `stats`, or raises what it was told to."""

    name: str = "mistral"
    error: Exception | None = None
    asked: list[str] = field(default_factory=list)

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        self.asked.append(method)
        if self.error is not None:
            raise self.error
        return _Stats() if method == "stats" else {"window": 64, "digest": "sha256:0"}

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        raise NotImplementedError
        yield


async def test_a_model_that_answers_late_stays_ready_until_it_seems_to_hang() -> None:
    remote = _Remote()
    status = ModelStatus({"mistral": remote})
    assert (await status.ask("mistral")).state == "ready"
    remote.error = DeadlineExceeded("late")
    states = [(await status.ask("mistral")).state for _ in range(SILENCES)]
    assert states == ["ready"] * (SILENCES - 1) + ["failing"]
    remote.error = None
    assert (await status.ask("mistral")).silences == 0
    assert status.ready()


async def test_a_dead_model_is_failing_at_once_and_a_new_one_loading() -> None:
    remote = _Remote(error=ModelUnavailable("gone"))
    status = ModelStatus({"mistral": remote})
    assert (await status.ask("mistral")).state == "loading"
    remote.error = None
    await status.ask("mistral")
    remote.error = ModelUnavailable("gone")
    assert (await status.ask("mistral")).state == "failing"


async def test_an_answer_that_makes_no_sense_does_not_end_the_watch() -> None:
    odd, sound = _Remote("odd"), _Remote("sound")
    status = ModelStatus({"odd": odd, "sound": sound}, every_s=0.001)
    odd.error = RuntimeError("it should raise a PodiumError")
    watch = asyncio.create_task(status.watch())
    while len(odd.asked) < 3 or len(sound.asked) < 3:
        assert not watch.done()
        await asyncio.sleep(0.001)
    assert (status.load("odd").state, status.load("sound").state) == ("failing", "ready")
    odd.error = None
    assert (await status.ask("odd")).state == "ready"
    watch.cancel()
