"""Who asks a model that sleeps waits for it, or is told how long it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest

from deployments.model_status import Load, ModelStatus
from deployments.waking_remote import WakingRemote
from models.deadline import Deadline
from models.errors import DeadlineExceeded, ModelUnavailable, Overloaded
from router.scaling.settings import Scaling

RULES = Scaling(min_replicas=0, max_replicas=2, wait_s=60, queue=1)


@dataclass
class _Sleeper:
    """Answers once it is awake; Serve keeps calls until then."""

    name: str = "mistral"
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        self.asked.append(method)
        try:
            async with asyncio.timeout(deadline.remaining()):
                await self.awake.wait()
        except TimeoutError:
            raise DeadlineExceeded("late") from None
        return method

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        yield await self.call(method, deadline=deadline)
        yield "more"


@dataclass
class _World:
    remote: _Sleeper = field(default_factory=_Sleeper)
    load: Load = field(default_factory=lambda: Load("cold", start_s=40.0))
    now: float = 0.0

    def waking(self) -> WakingRemote:
        return WakingRemote(self.remote, RULES, lambda: self.load, lambda: self.now)

    def wake(self) -> None:
        self.load = Load("ready", start_s=40.0)
        self.remote.awake.set()


async def test_one_who_has_time_waits_and_the_next_knows_how_long_it_took() -> None:
    world = _World()
    waking = world.waking()
    call = asyncio.create_task(waking.call("complete", deadline=Deadline.after(100)))
    await asyncio.sleep(0)
    world.now = 25.0
    world.wake()
    assert await call == "complete"
    await waking.call("complete", deadline=Deadline.after(100))
    world.load, world.now = Load("cold", start_s=40.0), 100.0
    with pytest.raises(ModelUnavailable, match="the last time that took 25 s") as raised:
        await waking.call("complete", deadline=Deadline.after(10))
    assert raised.value.retry_after == 25


async def test_one_who_has_no_time_is_told_at_once_and_wakes_it_all_the_same() -> None:
    world = _World()
    with pytest.raises(ModelUnavailable, match=r"took 40 s\. Try again in 40 s") as raised:
        await world.waking().call("complete", deadline=Deadline.after(5))
    assert raised.value.retry_after == 40
    await asyncio.sleep(0)
    assert world.remote.asked == ["stats"]
    world.wake()
    await asyncio.sleep(0)


async def test_a_full_queue_is_refused_with_the_wait() -> None:
    world = _World()
    waking = world.waking()
    first = asyncio.create_task(waking.call("complete", deadline=Deadline.after(100)))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded, match="is being started") as raised:
        await waking.call("complete", deadline=Deadline.after(100))
    assert raised.value.retry_after == 40
    world.wake()
    assert await first == "complete"


async def test_a_start_that_takes_longer_than_known_ends_readably() -> None:
    world = _World(load=Load("cold"))
    with pytest.raises(ModelUnavailable, match="not known yet"):
        await world.waking().call("complete", deadline=Deadline.after(0.01))
    with pytest.raises(DeadlineExceeded, match="late"):
        world.load = Load("ready")
        await world.waking().call("complete", deadline=Deadline.after(0.01))


async def test_a_stream_that_has_begun_waits_no_more() -> None:
    world = _World()
    waking = world.waking()
    items = waking.stream("stream", deadline=Deadline.after(100))
    first = asyncio.create_task(anext(items))
    await asyncio.sleep(0)
    world.remote.awake.set()
    assert await first == "stream"
    # Its place in the queue of one is free, though the status still says that the model sleeps.
    assert await waking.call("complete", deadline=Deadline.after(100)) == "complete"
    assert [item async for item in items] == ["more"]


async def test_a_sleeping_model_is_not_asked_how_it_is() -> None:
    remote, running = _Describing(), [1]

    async def count() -> int:
        return running[0]

    status = ModelStatus({"mistral": remote}, {"mistral": count})
    assert (await status.ask("mistral")).state == "ready"
    assert "stats" in remote.asked
    running[0] = 0
    remote.asked.clear()
    load = await status.ask("mistral")
    assert (load.state, load.digest, load.window, load.start_s) == ("cold", "sha256:0", 64, 3.0)
    assert remote.asked == []
    assert status.ready()
    running[0] = 1
    assert (await status.ask("mistral")).state == "ready"
    assert remote.asked == ["stats", "describe"]


@dataclass
class _Describing:
    name: str = "mistral"
    asked: list[str] = field(default_factory=list)

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        self.asked.append(method)
        if method == "describe":
            return {"window": 64, "digest": "sha256:0", "start_s": 3.0}
        return Load(running=1)

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        raise NotImplementedError
        yield
