"""Streams that come by the mailbox of this process, while Serve carries the call."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from deployments.door import Door
from deployments.near_streams import NearStreams
from deployments.post import Post
from deployments.private_socket import own_socket
from deployments.stream_mailbox import DONE, FAILED, ITEM, Mailbox, Posted, open_mailbox
from models.deadline import Deadline
from models.errors import DeadlineExceeded, InternalError, PodiumError, PolicyDenied, ReplicaLost

NODE = "here"
MANY = 300


@dataclass
class Far:
    """Serve's way to one replica on `node`; `came` holds what came by it."""

    node: str = NODE
    name: str = "mistral"
    came: list[object] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    lost: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.post = Post(self.node)

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        return f"far {method}"

    async def stream(
        self, method: str, *args: Any, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        *given, address = args
        self.before()
        source = getattr(self, method)(*given)
        try:
            async with aclosing(source), aclosing(self.post.deliver(source, address)) as items:
                async for item in items:
                    self.came.append(item)
                    yield item
        finally:
            self.ended.set()

    async def counts(self, most: int) -> AsyncGenerator[int, None]:
        for number in range(most):
            yield number

    async def denied(self, most: int) -> AsyncGenerator[int, None]:
        for number in range(most):
            yield number
        raise PolicyDenied("No more.", param="model")

    async def breaks(self) -> AsyncGenerator[int, None]:
        yield 1
        raise ZeroDivisionError

    async def endless(self) -> AsyncGenerator[bytes, None]:
        try:
            while True:
                yield bytes(100_000)
                await asyncio.sleep(0)
        finally:
            self.left.set()

    async def killed(self) -> AsyncGenerator[int, None]:
        yield 1
        await self.lost.wait()
        raise AssertionError("it should be gone by now")


def soon() -> Deadline:
    return Deadline.after(30.0)


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncIterator[Mailbox]:
    made = await open_mailbox(tmp_path, NODE)
    yield made
    made.close()


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder that others may enter."""
    tmp_path.chmod(0o755)
    return tmp_path


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder))


async def heard(remote: NearStreams, method: str, *args: object) -> list[Any]:
    async with aclosing(remote.stream(method, *args, deadline=soon())) as items:
        return [item async for item in items]


async def test_on_its_node_a_stream_comes_by_the_mailbox(mailbox: Mailbox) -> None:
    far = Far()
    assert await heard(NearStreams(far, mailbox), "counts", MANY) == list(range(MANY))
    await far.ended.wait()
    assert far.came == [Posted()]


@pytest.mark.parametrize("most", [0, 1, MANY])
async def test_from_another_node_it_comes_by_serve(mailbox: Mailbox, most: int) -> None:
    far = Far(node="there")
    assert await heard(NearStreams(far, mailbox), "counts", most) == list(range(most))
    assert far.came == list(range(most))


async def test_nothing_at_all_is_an_answer_too(mailbox: Mailbox) -> None:
    assert await heard(NearStreams(Far(), mailbox), "counts", 0) == []


async def test_streams_at_once_each_get_their_own(mailbox: Mailbox) -> None:
    far = Far()
    remote = NearStreams(far, mailbox)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(heard(remote, "counts", most)) for most in range(40)]
    assert [task.result() for task in tasks] == [list(range(most)) for most in range(40)]
    assert len(mailbox._connected) == 1


async def test_an_error_comes_behind_what_was_said_before(mailbox: Mailbox) -> None:
    for node in (NODE, "there"):
        got: list[int] = []
        remote = NearStreams(Far(node=node), mailbox)
        with pytest.raises(PolicyDenied, match="No more") as raised:
            async for number in remote.stream("denied", MANY, deadline=soon()):
                got.append(number)
        assert raised.value.param == "model"
        assert got == list(range(MANY))


async def test_what_is_no_error_of_ours_ends_the_stream_as_well(mailbox: Mailbox) -> None:
    with pytest.raises(ZeroDivisionError):
        await heard(NearStreams(Far(), mailbox), "breaks")


@pytest.mark.parametrize("node", [NODE, "there"])
async def test_who_leaves_early_stops_the_work(mailbox: Mailbox, node: str) -> None:
    far = Far(node=node)
    async with aclosing(NearStreams(far, mailbox).stream("endless", deadline=soon())) as items:
        assert await anext(items) == bytes(100_000)
    await asyncio.wait_for(far.left.wait(), 30)
    assert mailbox._slots == {}


@dataclass
class Ending(Far):
    """Serve's way, which ends by an error of its own whatever the replica does."""

    error: PodiumError = field(default_factory=lambda: ReplicaLost("It ended."))

    async def stream(
        self, method: str, *args: Any, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        working = asyncio.create_task(self._work(super().stream(method, *args, deadline=deadline)))
        await self.lost.wait()
        working.cancel()
        raise self.error
        yield

    async def _work(self, items: AsyncGenerator[Any, None]) -> None:
        async with aclosing(items):
            async for _ in items:
                pass


@pytest.mark.parametrize("error", [ReplicaLost("It ended."), DeadlineExceeded("Too late.")])
async def test_serve_tells_of_a_lost_replica_and_of_the_time(
    mailbox: Mailbox, error: PodiumError
) -> None:
    far = Ending(error=error)
    async with aclosing(NearStreams(far, mailbox).stream("killed", deadline=soon())) as items:
        assert await anext(items) == 1
        far.lost.set()
        with pytest.raises(type(error)):
            await anext(items)


async def test_a_gateway_that_went_away_stops_the_work(mailbox: Mailbox) -> None:
    far = Far()
    stream = NearStreams(far, mailbox).stream("endless", deadline=soon())
    assert await anext(stream)
    mailbox.close()
    with pytest.raises(InternalError, match="went away"):
        async for _ in stream:
            pass
    assert far.left.is_set()


async def test_without_a_mailbox_all_comes_by_serve(shared: Path) -> None:
    mailbox, far = await open_mailbox(shared, NODE), Far()
    assert await heard(NearStreams(far, mailbox), "counts", 3) == [0, 1, 2]
    assert far.came == [0, 1, 2]
    assert names(shared) == set()


async def test_a_mailbox_that_cannot_be_reached_is_gone_round(mailbox: Mailbox) -> None:
    far = Far()
    far.before = mailbox.close
    assert await heard(NearStreams(far, mailbox), "counts", 3) == [0, 1, 2]
    assert far.came == [0, 1, 2]


async def test_what_comes_too_late_is_thrown_away(mailbox: Mailbox) -> None:
    far = Far()
    with mailbox.slot() as (address, _):
        pass
    sent = [item async for item in far.post.deliver(far.counts(1), address)]
    assert sent == [Posted()]
    assert await heard(NearStreams(far, mailbox), "counts", 3) == [0, 1, 2]
    assert len(mailbox._connected) == 1


async def test_two_replicas_do_not_make_one_answer(mailbox: Mailbox) -> None:
    """Serve asks another replica where it lost the first before that had said a word."""
    with mailbox.slot() as (address, said):
        for _ in range(2):
            sent = [item async for item in Post(NODE).deliver(Far().counts(1), address)]
            assert sent == [Posted()]
        assert [(await said.get())[0] for _ in range(3)] == [ITEM, DONE, FAILED]


async def test_what_killed_gateways_left_is_removed(tmp_path: Path) -> None:
    own = own_socket(tmp_path, "mail").name
    begin = own.removesuffix(f"{os.getpid()}.sock")
    # Who sees other processes may have that number for a living one.
    living, dead, others = f"{begin}{os.getppid()}.sock", f"{begin}99999999.sock", "mail-f-9.sock"
    for name in (living, dead, others):
        await asyncio.to_thread((tmp_path / name).touch)
    assert names(tmp_path) == {living, dead, others}
    mailbox = await open_mailbox(tmp_path, NODE)
    assert names(tmp_path) == {living, own, others}
    mailbox.close()
    assert names(tmp_path) == {living, others}


@pytest.mark.parametrize("deep", [True, False])
async def test_where_no_socket_can_be_all_comes_by_serve(tmp_path: Path, deep: bool) -> None:
    folder = tmp_path / ("d" * 100)
    if deep:
        await asyncio.to_thread(folder.mkdir, 0o700)
    far = Far()
    assert await heard(NearStreams(far, await open_mailbox(folder, NODE)), "counts", 2) == [0, 1]
    assert far.came == [0, 1]
    assert await Door("'mistral'", far, ("call",), 1).open_on(NODE, folder, "llm") is None


@dataclass
class Odd(Far):
    """Serve's way, which says one thing and ends."""

    says: object = None

    async def stream(
        self, method: str, *args: Any, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        if isinstance(self.says, BaseException):
            raise self.says
        if self.says == "nothing":
            await asyncio.Event().wait()
        yield self.says


@pytest.mark.parametrize(
    ("says", "error"),
    [
        (Posted(), ReplicaLost),
        (asyncio.CancelledError(), ReplicaLost),
        ("nothing", DeadlineExceeded),
    ],
    ids=["posted and never came", "cancelled by none of us", "silent"],
)
async def test_nobody_waits_for_ever(
    mailbox: Mailbox, says: object, error: type[PodiumError]
) -> None:
    remote = NearStreams(Odd(says=says), mailbox, posted_s=0.01)
    with pytest.raises(error):
        async for _ in remote.stream("counts", 1, deadline=Deadline.after(0.01)):
            pass
    assert mailbox._slots == {}


async def test_calls_go_by_serve(mailbox: Mailbox) -> None:
    assert await NearStreams(Far(), mailbox).call("stats", deadline=soon()) == "far stats"
