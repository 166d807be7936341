"""Two replicas whose answers come by a mailbox: `python -m tests.serve.mailbox_app ADDRESS`.

Deploys them beside a running Podium, calls them as a gateway calls a model of several replicas,
and prints: how many replicas answered and whether they came in at the mailbox; whether one who
leaves stops the work; how a stream ends whose replica is killed; whether the next one is answered.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import ray
from ray import get_runtime_context, serve

from deployments.handles import ServeRemote
from deployments.near_streams import NearStreams
from deployments.post import Post
from deployments.stream_mailbox import Address, Mailbox, open_mailbox
from models.deadline import Deadline
from models.errors import PodiumError
from tests.serve.sockets import sockets_at

APP, PATIENCE_S = "mailbox", 90.0


@serve.deployment(
    num_replicas=2, ray_actor_options={"num_cpus": 0.01}, graceful_shutdown_timeout_s=1
)
class Counting:
    """Says the number of its process, then counts for ever."""

    def __init__(self) -> None:
        self._post, self._open = Post(get_runtime_context().get_node_id()), 0

    async def stream(self, address: Address | None) -> AsyncGenerator[Any, None]:
        self._open += 1
        try:
            async with aclosing(self._post.deliver(self._numbers(), address)) as items:
                async for item in items:
                    yield item
        finally:
            self._open -= 1

    async def _numbers(self) -> AsyncGenerator[int, None]:
        yield os.getpid()
        while True:
            await asyncio.sleep(0.01)
            yield 0

    async def open(self) -> int:
        return self._open


@serve.deployment(ray_actor_options={"num_cpus": 0.01})
class Front:
    """What takes requests in has HAProxy's routing; those behind it have ours."""

    def __init__(self, behind: Any) -> None:
        """Nothing to keep."""


async def _left(remote: NearStreams) -> int:
    """The replica that answered a stream which was left then."""
    async with aclosing(remote.stream("stream", deadline=Deadline.after(PATIENCE_S))) as items:
        return int(await anext(items))


async def _killed(remote: NearStreams) -> str:
    """How a stream ends whose replica is killed."""
    async with aclosing(remote.stream("stream", deadline=Deadline.after(PATIENCE_S))) as items:
        os.kill(int(await anext(items)), signal.SIGKILL)
        try:
            async for _ in items:
                pass
        except PodiumError as error:
            return type(error).__name__
    return "ended"


async def _all_stopped(remote: NearStreams) -> bool:
    """Whether both replicas have nothing open any more."""
    ends = asyncio.get_running_loop().time() + PATIENCE_S
    quiet = 0
    while quiet < 8 and asyncio.get_running_loop().time() < ends:
        open_ = await remote.call("open", deadline=Deadline.after(PATIENCE_S))
        quiet = 0 if open_ else quiet + 1
        await asyncio.sleep(0.05)
    return quiet == 8


async def _asked(handle: Any, mailbox: Mailbox) -> tuple[object, ...]:
    remote = NearStreams(ServeRemote(handle, "counting"), mailbox)
    answered = {await _left(remote) for _ in range(24)}
    came_in = sockets_at(psutil.Process(), "mail") - 1
    stopped = await _all_stopped(remote)
    end = await _killed(remote)
    return len(answered), came_in, stopped, end, await _left(remote) > 0


async def _run() -> None:
    with tempfile.TemporaryDirectory(prefix="podium-") as folder:
        mailbox = await open_mailbox(Path(folder), get_runtime_context().get_node_id())
        print(*await _asked(serve.get_deployment_handle("Counting", APP), mailbox))
        mailbox.close()


def main() -> None:
    """Connect as the environment says."""
    ray.init(address=sys.argv[1], log_to_driver=False, logging_level="ERROR")
    try:
        serve.run(Front.bind(Counting.bind()), name=APP, route_prefix=None)
        asyncio.run(_run())
    finally:
        serve.delete(APP)


if __name__ == "__main__":
    main()
