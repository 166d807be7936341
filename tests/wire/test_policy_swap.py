"""The policy file changes under a whole gateway while clients ask: the stricter one decides."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

from deployments.policy_in_force import PolicyPlace
from deployments.policy_keeper import PolicyKeeper
from deployments.settings import Settings
from router.policy import Policy
from router.policy_change import approvals_block
from router.policy_file import default_text, load_policy
from tests.wire.conftest import MODELS, plain
from tests.wire.gated_stage import GatedStage
from tests.wire.server import Server
from tests.wire.stub_server import StubServer

OPEN = default_text()
CLOSED = OPEN.replace(b"openai:     {level: INTERNAL", b"openai:     {level: PUBLIC")
ASK = {"model": "chatgpt", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 9}
CLIENTS = 3
LOOKS_EVERY_S = 0.05


@dataclass
class KeptStage(GatedStage):
    """A gated stage whose gateway and gate each look at the policy file, as deployed."""

    keepers: tuple[PolicyKeeper, ...] = field(init=False)

    @property
    def file(self) -> Path:
        return self.folder / "policy.yaml"

    async def open(self) -> None:
        self.file.write_bytes(OPEN)
        place = PolicyPlace(self.file, self.folder / "accepted.yaml")
        router, gate = self.keepers = (PolicyKeeper(place), PolicyKeeper(place))
        self.policy = router.policy

        async def look(digest: str) -> Policy:
            return await asyncio.to_thread(gate.look_for, digest)

        async def swap_at_the_gate(policy: Policy) -> None:
            self.egress.departures.swap_policy(policy)

        self.look = look
        await super().open()
        for watching in (
            router.watch(self.gateway.swap_policy, LOOKS_EVERY_S),
            gate.watch(swap_at_the_gate, LOOKS_EVERY_S),
        ):
            self.tasks.append(asyncio.create_task(watching))

    def in_force(self) -> set[str]:
        """The digests by which the gateway and the gate decide now."""
        return {self.gateway.policy.digest, *(one.policy.digest for one in self.keepers)}


@dataclass(frozen=True)
class Answer:
    """One answer and when it was asked for and given, by the monotonic clock."""

    began: float
    ended: float
    status: int
    code: str | None


@dataclass
class Clients:
    """Several clients that ask without pause until they are stopped."""

    server: Server
    answers: list[Answer] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Clients:
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def more(self, count: int) -> None:
        """Return when that many more were answered."""
        before = len(self.answers)
        self.server.until(lambda _: len(self.answers) > before + count)

    def _ask(self) -> None:
        with plain(self.server) as http:
            while not self._stopped.is_set():
                began = time.monotonic()
                answer = http.post("/v1/chat/completions", json=ASK)
                self.answers.append(
                    Answer(began, time.monotonic(), answer.status_code, _code(answer))
                )


def _code(answer: httpx2.Response) -> str | None:
    error = json.loads(answer.content).get("error")
    return None if error is None else str(error["code"])


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer() as server:
        yield server


@pytest.fixture
def kept(stub: StubServer, tmp_path: Path) -> Iterator[Server]:
    stage = KeptStage(tmp_path, Settings(models=MODELS), base_url=stub.url)
    server = Server(stage).start()
    yield server
    server.stop()


def _swap(server: Server, text: bytes) -> Policy:
    """Write the file, and return when the gateway and the gate have both taken it."""
    made = load_policy(text)
    server.stage.file.write_bytes(text)  # type: ignore[attr-defined]
    server.until(lambda stage: stage.in_force() == {made.digest})
    return made


def test_a_swap_is_an_answer_or_a_refusal_and_nothing_else(kept: Server, stub: StubServer) -> None:
    with Clients(kept) as clients:
        for number in range(4):
            _swap(kept, OPEN + b"# reviewed %d\n" % number)
            clients.more(CLIENTS)
        same = list(clients.answers)
        closed = _swap(kept, CLOSED)
        kept.until(lambda _: sum(one.status == 403 for one in clients.answers) > 3 * CLIENTS)
        opened = time.monotonic()
        block = approvals_block(closed, load_policy(OPEN)).replace("first approver", "Ada")
        block = block.replace("second approver", "Grace")
        _swap(kept, OPEN + b"\n" + block.encode())
        clients.more(2 * CLIENTS)
    answers = clients.answers
    assert {one.status for one in same} == {200} and len(same) > 10
    told = {(one.status, one.code) for one in answers}
    assert told == {(200, None), (403, "policy_denied")}
    assert len(stub.received) == sum(one.status == 200 for one in answers)
    assert answers[-1].status == 200
    first = min(one.ended for one in answers if one.status == 403)
    between = [one for one in answers if first < one.began and one.ended < opened]
    assert {one.status for one in between} == {403}, "once refused, always refused"
