"""A deployment's door: the same calls as through Serve, over a socket of this node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deployments.door import Door, DoorClosed, Place
from deployments.door_line import DoorLine
from deployments.frames import MOST_BYTES
from deployments.near_remote import NearRemote
from models.deadline import Deadline
from models.errors import (
    BodyTooLarge,
    DeadlineExceeded,
    InternalError,
    ModelUnavailable,
    Overloaded,
    PodiumError,
    PolicyDenied,
    ReplicaLost,
)
from tests.forward import Forward

METHODS = ("cancelled", "echo", "fails", "breaks", "waits", "counts", "endless")
LONG = 30.0


@dataclass
class Gate:
    """What stands behind the door."""

    began: asyncio.Event = field(default_factory=asyncio.Event)
    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def echo(self, said: object) -> object:
        return said

    async def fails(self) -> None:
        raise PolicyDenied("Not this one.", param="model")

    async def breaks(self) -> None:
        raise ZeroDivisionError

    async def waits(self) -> str:
        self.began.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.stopped.set()
            raise
        return "went on"

    async def counts(self, most: int) -> AsyncGenerator[int, None]:
        for number in range(most):
            yield number
        if most > 2:
            raise PolicyDenied("No more.")

    async def endless(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield bytes(100_000)
        finally:
            self.stopped.set()

    async def cancelled(self) -> None:
        raise asyncio.CancelledError

    async def secret(self) -> str:
        return "not for callers"


@dataclass
class Far:
    """Serve's way to the same methods; it says where the door is."""

    place: Place | None
    name: str = "egress"
    asked: list[str] = field(default_factory=list)
    error: PodiumError | None = None

    async def call(self, method: str, *args: Any, deadline: Deadline) -> Any:
        self.asked.append(method)
        if self.error is not None:
            raise self.error
        return self.place if method == "door" else f"far {method}"

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        self.asked.append(method)
        yield f"far {method}"


def soon() -> Deadline:
    return Deadline.after(LONG)


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


@pytest.fixture
async def door(gate: Gate, tmp_path: Path) -> AsyncIterator[Door]:
    made = Door("The gate", gate, METHODS, most=2)
    await made.open(tmp_path / "d")
    yield made
    gate.go_on.set()
    await made.close()


@pytest.fixture
async def line(door: Door, tmp_path: Path) -> AsyncIterator[DoorLine]:
    made = await DoorLine.connect(str(tmp_path / "d"), "egress")
    yield made
    made.close()


async def test_a_call_brings_the_answer(line: DoorLine) -> None:
    said = {"large": bytes(3_000_000), "text": "ä"}
    assert await line.call("echo", said, deadline=soon()) == said


async def test_many_calls_at_once_each_get_their_own(gate: Gate, tmp_path: Path) -> None:
    door = Door("The gate", gate, METHODS, most=500)
    await door.open(tmp_path / "many")
    line = await DoorLine.connect(str(tmp_path / "many"), "egress")
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(line.call("echo", n, deadline=soon())) for n in range(300)]
    assert [task.result() for task in tasks] == list(range(300))
    line.close()
    await door.close()


async def test_an_error_comes_as_what_it_is(line: DoorLine) -> None:
    with pytest.raises(PolicyDenied, match="Not this one") as raised:
        await line.call("fails", deadline=soon())
    assert raised.value.param == "model"


async def test_any_other_failure_is_an_internal_error(line: DoorLine) -> None:
    with pytest.raises(InternalError):
        await line.call("breaks", deadline=soon())
    assert await line.call("echo", 1, deadline=soon()) == 1


async def test_only_what_is_named_can_be_called(gate: Gate, line: DoorLine) -> None:
    assert await gate.secret() == "not for callers"
    with pytest.raises(InternalError):
        await line.call("secret", deadline=soon())


async def test_items_come_in_order_and_then_the_error(line: DoorLine) -> None:
    assert [item async for item in line.stream("counts", 2, deadline=soon())] == [0, 1]
    seen = []
    with pytest.raises(PolicyDenied):
        async for item in line.stream("counts", 4, deadline=soon()):
            seen.append(item)
    assert seen == [0, 1, 2, 3]


async def test_others_may_not_enter_its_folder(gate: Gate, shared: Path) -> None:
    door = Door("The gate", gate, METHODS, most=2)
    try:
        with pytest.raises(PermissionError):
            await door.open(shared / "d")
    finally:
        await door.close()


async def test_a_call_past_its_deadline_is_stopped(gate: Gate, line: DoorLine) -> None:
    call = asyncio.create_task(line.call("waits", deadline=soon()))
    await gate.began.wait()
    Forward(asyncio.get_running_loop())(LONG)
    with pytest.raises(DeadlineExceeded):
        await call
    await gate.stopped.wait()


async def test_a_caller_that_leaves_stops_the_call(gate: Gate, line: DoorLine) -> None:
    call = asyncio.create_task(line.call("waits", deadline=soon()))
    await gate.began.wait()
    call.cancel()
    await gate.stopped.wait()


async def test_a_stream_that_is_closed_stops_at_its_source(gate: Gate, line: DoorLine) -> None:
    async with aclosing(line.stream("endless", deadline=soon())) as items:
        assert len(await anext(items)) == 100_000
        assert not gate.stopped.is_set()
    await gate.stopped.wait()


async def test_a_connection_that_ends_stops_its_calls(gate: Gate, line: DoorLine) -> None:
    call = asyncio.create_task(line.call("waits", deadline=soon()))
    await gate.began.wait()
    line.close()
    with pytest.raises(ReplicaLost):
        await call
    await gate.stopped.wait()
    with pytest.raises(ReplicaLost):
        await line.call("echo", 1, deadline=soon())


async def test_more_calls_than_it_takes_are_refused(gate: Gate, line: DoorLine) -> None:
    calls = [asyncio.create_task(line.call("waits", deadline=soon())) for _ in range(2)]
    await gate.began.wait()
    with pytest.raises(Overloaded):
        await line.call("echo", 1, deadline=soon())
    gate.go_on.set()
    assert [await call for call in calls] == ["went on"] * 2
    assert await line.call("echo", 1, deadline=soon()) == 1


async def test_a_door_that_closes_lets_its_calls_end(
    gate: Gate, door: Door, line: DoorLine, tmp_path: Path
) -> None:
    call = asyncio.create_task(line.call("waits", deadline=soon()))
    await gate.began.wait()
    closing = asyncio.create_task(door.close())
    with pytest.raises(DoorClosed):
        while True:
            await line.call("echo", 1, deadline=soon())
    assert not (tmp_path / "d").exists()
    assert not line.open
    gate.go_on.set()
    assert await call == "went on"
    await closing


async def test_the_door_of_this_node_is_taken_once_it_is_found(door: Door, tmp_path: Path) -> None:
    far = Far(Place("here", str(tmp_path / "d")))
    near = NearRemote(far, "here")
    assert await near.call("echo", 1, deadline=soon()) == "far echo"
    assert await near.found()
    assert await near.call("echo", 1, deadline=soon()) == 1
    assert [item async for item in near.stream("counts", 2, deadline=soon())] == [0, 1]
    assert far.asked == ["echo", "door"]


async def test_a_call_that_a_closing_door_did_not_begin_goes_through_serve(
    gate: Gate, door: Door, tmp_path: Path
) -> None:
    near = NearRemote(Far(Place("here", str(tmp_path / "d"))), "here")
    assert await near.found()
    call = asyncio.create_task(near.call("waits", deadline=soon()))
    await gate.began.wait()
    closing = asyncio.create_task(door.close())
    await asyncio.sleep(0)
    assert await near.call("echo", 1, deadline=soon()) == "far echo"
    gate.go_on.set()
    assert await call == "went on"
    await closing


async def test_a_door_of_another_node_is_left_alone(door: Door, tmp_path: Path) -> None:
    far = Far(Place("there", str(tmp_path / "d")))
    assert await NearRemote(far, "there").found()
    assert not await NearRemote(far, "here").found()


@pytest.mark.parametrize("place", [None, Place("here", "/nowhere")])
async def test_without_a_door_on_this_node_calls_go_through_serve(place: Place | None) -> None:
    near = NearRemote(Far(place), "here")
    assert not await near.found()
    assert await near.call("echo", 1, deadline=soon()) == "far echo"
    assert [item async for item in near.stream("counts", 2, deadline=soon())] == ["far counts"]


async def test_after_a_door_is_gone_the_next_one_is_looked_for(
    gate: Gate, door: Door, tmp_path: Path
) -> None:
    now = 0.0
    far = Far(Place("here", str(tmp_path / "d")))
    near = NearRemote(far, "here", clock=lambda: now)
    assert await near.found()
    call = asyncio.create_task(near.call("waits", deadline=soon()))
    await gate.began.wait()
    closing = asyncio.create_task(door.close())
    await asyncio.sleep(0)
    gate.go_on.set()
    await call
    await closing
    assert not await near.found()
    assert await near.call("echo", 1, deadline=soon()) == "far echo"
    another = Door("The gate", gate, METHODS, most=2)
    await another.open(tmp_path / "e")
    far.place, now = Place("here", str(tmp_path / "e")), 10.0
    assert await near.found()
    assert await near.call("echo", 1, deadline=soon()) == 1
    await another.close()


async def test_serve_says_what_is_wrong_when_nobody_knows_a_door() -> None:
    near = NearRemote(Far(None, error=ModelUnavailable("Starting.")), "here")
    assert not await near.found()
    with pytest.raises(ModelUnavailable, match="Starting"):
        await near.call("echo", 1, deadline=soon())


async def test_what_is_too_large_is_refused_and_ends_no_other_call(
    gate: Gate, line: DoorLine
) -> None:
    other = asyncio.create_task(line.call("waits", deadline=soon()))
    await gate.began.wait()
    with pytest.raises(BodyTooLarge, match="Send less"):
        await line.call("echo", bytes(MOST_BYTES), deadline=soon())
    gate.go_on.set()
    assert await other == "went on"
    assert line._calls == {}


async def test_work_that_is_cancelled_by_none_of_its_callers_is_told(line: DoorLine) -> None:
    with pytest.raises(InternalError):
        await line.call("cancelled", deadline=soon())


@dataclass
class Count:
    """How many replicas there are."""

    replicas: int

    async def __call__(self) -> int:
        return self.replicas


async def test_where_there_are_several_replicas_serve_picks_one(door: Door, tmp_path: Path) -> None:
    far = Far(Place("here", str(tmp_path / "d")))
    assert not await NearRemote(far, "here", Count(2)).found()
    assert await NearRemote(far, "here", Count(1)).found()


async def test_a_second_replica_ends_the_use_of_the_door(
    gate: Gate, door: Door, tmp_path: Path
) -> None:
    now, count = 0.0, Count(1)
    near = NearRemote(Far(Place("here", str(tmp_path / "d"))), "here", count, lambda: now)
    assert await near.found()
    call = asyncio.create_task(near.call("waits", deadline=soon()))
    await gate.began.wait()
    count.replicas, now = 2, 100.0
    assert not await near.found()
    assert await near.call("echo", 1, deadline=soon()) == "far echo"
    gate.go_on.set()
    assert await call == "went on"
    count.replicas, now = 1, 200.0
    assert await near.found()
    assert await near.call("echo", 1, deadline=soon()) == 1
