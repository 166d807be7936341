"""A gate that is replaced under load: `python -m tests.serve.rollout_app HOME ADDRESS`.

Deploys the real Egress beside a running Podium, in front of a stub, and calls it through its door
as a gateway does while Serve rolls it out anew; then once more while it is killed. Prints for the
rollout: streams that came whole, calls that began meanwhile, how many of all failed, and whether
the door is another one; for the kill: how many of as many streams failed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import ray
from ray import serve

from deployments.door import Place
from deployments.egress import Egress
from deployments.egress_chat import GatedChatModel
from deployments.handles import ServeRemote
from deployments.home import Home
from deployments.near_remote import NearRemote
from deployments.open_home import open_home
from deployments.retrying_chat import RetryingChat
from deployments.settings import Settings
from deployments.stub.script import Row
from models.catalog import Catalog, ModelCard
from models.deadline import Deadline
from models.errors import PodiumError
from models.messages import ChatRequest, Message, Origin
from router.gate.sealer import Sealer
from router.gate.token import gate_keys
from router.label import Integrity, Label, Level
from router.policy_file import default_policy
from tests.remote_cards import remote_card
from tests.wire.stub_server import StubServer

APP = "rollout"
STREAMS, WORDS, PACE = 6, 40, 5.0
# Calls that begin during a rollout: at least this many, and one more.
FEW = 20
LABEL = Label(Level.INTERNAL, integrity=Integrity.USER, tenants=frozenset({"acme"}))
SMALL: dict[str, Any] = {"ray_actor_options": {"num_cpus": 0.01}}


@serve.deployment(**SMALL)
class Records:
    """Stands for State: it says that another node has the ledger, and takes the records."""

    async def ledger_node(self) -> str | None:
        return None

    async def append_records(self, batch: Any) -> Any:
        from router.ledger.port import Receipt

        return [Receipt(record.id, 1) for record, _ in batch]


@serve.deployment(**SMALL)
class Front:
    """What takes requests in."""

    def __init__(self, behind: Any) -> None:
        """Nothing to keep."""


class Caller:
    """Calls as a gateway does, and counts what becomes of it."""

    def __init__(self, near: NearRemote, card: ModelCard, pepper: bytes) -> None:
        self.whole = self.began = self.saying = 0
        self.failed = Counter[str]()
        sealer = Sealer(gate_keys(pepper))
        self._chat = RetryingChat(GatedChatModel(near, card, sealer))
        self._card = card
        self._origin = Origin(
            "req", "dec", "acme", "request", LABEL.to_json(), default_policy().digest
        )

    async def until_saying(self, streams: int) -> None:
        """Return when so many streams, of all there were, have begun to say something."""
        async with asyncio.timeout(60):
            while self.saying < streams:  # noqa: ASYNC110 - it grows in many tasks
                await asyncio.sleep(0.02)

    async def ask(self, text: str, words: int) -> None:
        """One stream to its end."""
        request = ChatRequest(self._card.id, (Message("user", text),), origin=self._origin)
        said, begun = "", False
        try:
            async for delta in self._chat.stream(request, Deadline.after(180)):
                self.saying += not begun
                begun = True
                said += delta.text
        except PodiumError as error:
            self.failed[type(error).__name__] += 1
            return
        if len(said.split()) == words:
            self.whole += 1
        else:
            self.failed["words lost"] += 1


def deploy(home: Path, card: ModelCard) -> None:
    """Anew each time: to Serve it is another version, which takes the place of the last one."""
    egress = Egress.options(num_replicas=1, graceful_shutdown_timeout_s=20, **SMALL)  # type: ignore[attr-defined]
    bound = egress.bind(
        Settings(remote="stub"), str(home), Catalog([card]), (card,), Records.bind()
    )
    serve.run(Front.bind(bound), name=APP, route_prefix=None)


async def played(home: Home, card: ModelCard) -> tuple[int | str, ...]:
    """What the words of the module say."""
    far = ServeRemote(serve.get_deployment_handle("Egress", APP), "egress")
    near = NearRemote(far, ray.get_runtime_context().get_node_id())
    if not await near.found():
        raise RuntimeError("there is no door")
    before = await door(far)
    caller = Caller(near, card, home.pepper())
    async with asyncio.TaskGroup() as group:
        for _ in range(STREAMS):
            group.create_task(caller.ask("long", WORDS))
        await caller.until_saying(STREAMS)
        rolled = asyncio.create_task(asyncio.to_thread(deploy, home.path, card))
        until = time.monotonic() + WORDS / PACE
        while not rolled.done() or time.monotonic() < until or caller.began <= FEW:
            caller.began += 1
            group.create_task(caller.ask("short", 1))
            await asyncio.sleep(0.1)
    after = await door(far)
    print(dict(caller.failed), file=sys.stderr)
    told = (
        caller.whole - caller.began,
        caller.began,
        caller.failed.total(),
        str(before != after),
    )
    return (*told, await killed(near, caller, after))


async def killed(near: NearRemote, caller: Caller, place: Place) -> int:
    """How many streams fail when the gate ends without having been asked to."""
    while not await near.found():
        await caller.ask("short", 1)
    before, saying = caller.failed.total(), caller.saying
    async with asyncio.TaskGroup() as group:
        for _ in range(STREAMS):
            group.create_task(caller.ask("long", WORDS))
        await caller.until_saying(saying + STREAMS)
        os.kill(int(place.path.rpartition("-")[2].removesuffix(".sock")), signal.SIGKILL)
    return caller.failed.total() - before


async def door(far: ServeRemote) -> Place:
    """Where the door of the gate is that Serve calls now."""
    place = await far.call("door", deadline=Deadline.after(30))
    assert isinstance(place, Place)
    return place


def main() -> None:
    """Connect as the environment says."""
    home = open_home(Path(sys.argv[1]))
    ray.init(address=sys.argv[2], log_to_driver=False, logging_level="ERROR")
    rows = Row(match="long", reply="word", words=WORDS, pace=PACE), Row(reply="Fine.")
    try:
        with StubServer(*rows) as stub:
            card = remote_card(stub.url)
            deploy(home.path, card)
            print(*asyncio.run(played(home, card)))
    finally:
        serve.delete(APP)


if __name__ == "__main__":
    main()
