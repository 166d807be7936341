"""A policy's file changes: gateway and gate look at it one after the other, and nobody notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deployments.policy_in_force import PolicyPlace
from deployments.policy_keeper import PolicyKeeper
from models.deadline import Deadline
from models.errors import PolicyDenied
from models.messages import ChatDelta, ChatRequest, Message, Origin
from models.remote.exchange import Ran
from models.remote.registry import wire_body
from router.decide import Asked
from router.gate.departure import Departures, GateRules, Outgoing
from router.gate.sealer import Sealer
from router.gate.spent import Spent
from router.gate.token import gate_keys
from router.label import Integrity, Label, Level
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.planner import decide_model
from router.policy import Policy
from router.policy_change import approvals_block
from router.policy_file import default_text, load_policy
from tests.remote_cards import remote_card

KEYS = gate_keys(b"s" * 32)
CARD = remote_card()
OPEN = default_text()
CLOSED = OPEN.replace(b"openai:     {level: INTERNAL", b"openai:     {level: PUBLIC")
LABEL = Label(Level.INTERNAL, integrity=Integrity.USER, tenants=frozenset({"acme"}))


@dataclass
class Outside:
    """The provider and the ledger: what was sent, what was written."""

    sent: list[bytes] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)

    async def send(
        self, body: bytes, deadline: Deadline, ran: Ran | None = None
    ) -> AsyncIterator[ChatDelta]:
        self.sent.append(body)
        yield ChatDelta(text="word", finish_reason="stop")

    async def append(self, record: Record, *, durable: bool) -> Receipt:
        self.records.append(record)
        return Receipt(record.id, 1, "0" * 64)

    async def close(self) -> None:
        return None


class World:
    """The gateway's keeper and the gate's, over one file; each looks only when it is told."""

    def __init__(self, folder: Path) -> None:
        place = PolicyPlace(folder / "policy.yaml", folder / "accepted.yaml")
        place.file.write_bytes(OPEN)
        self.place = place
        self.router, self.gate = PolicyKeeper(place), PolicyKeeper(place)
        self.outside = Outside()

        async def look(digest: str) -> Policy:
            return await asyncio.to_thread(self.gate.look_for, digest)

        rules = GateRules(KEYS, self.gate.policy, {CARD.id: CARD}, ())
        self.departures = Departures(
            rules, {CARD.id: self.outside}, self.outside, spent=Spent(opened=0.0), look=look
        )

    def settle(self, keeper: PolicyKeeper) -> None:
        assert keeper.look() or keeper.look()
        if keeper is self.gate:
            self.departures.swap_policy(keeper.policy)

    async def ask(self) -> None:
        """Decide by the router's policy, then go through the gate."""
        policy = self.router.policy
        asked = Asked(model=CARD.id)
        decision = decide_model("dec", asked, LABEL, [CARD], policy, lambda model: True)
        if decision.chosen is None:
            raise decision.refusal()
        origin = Origin("req", "dec", "acme", "request", LABEL.to_json(), policy.digest)
        body = wire_body(CARD, ChatRequest(CARD.id, (Message("user", "Hello"),)))
        token = Sealer(KEYS).seal(CARD.id, origin, body)
        stream = self.departures.stream(Outgoing(token, body, CARD.id, "acme"), Deadline.after(5))
        async for _ in stream:
            continue


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("first", ["router", "gate"])
async def test_what_both_policies_allow_goes_through_a_swap(world: World, first: str) -> None:
    await world.ask()
    world.place.file.write_bytes(OPEN + b"# reviewed\n")
    world.settle(getattr(world, first))
    assert world.router.policy.digest != world.gate.policy.digest
    await world.ask()
    assert len(world.outside.sent) == 2
    if first == "gate":
        world.settle(world.router)
    assert world.router.policy.digest == world.gate.policy.digest
    await world.ask()
    assert len(world.outside.sent) == 3


@pytest.mark.parametrize("first", ["router", "gate"])
async def test_the_stricter_of_the_two_decides_during_a_swap(world: World, first: str) -> None:
    await world.ask()
    world.place.file.write_bytes(CLOSED)
    world.settle(getattr(world, first))
    with pytest.raises(PolicyDenied):
        await world.ask()
    assert len(world.outside.sent) == 1


@pytest.mark.parametrize("first", ["router", "gate"])
async def test_a_wider_policy_lets_nothing_out_before_the_router_has_it(
    world: World, first: str
) -> None:
    world.place.file.write_bytes(CLOSED)
    world.settle(world.router)
    world.settle(world.gate)
    block = approvals_block(load_policy(CLOSED), load_policy(OPEN))
    approved = block.replace("first approver, second approver", "A, B").encode()
    world.place.file.write_bytes(OPEN + approved)
    world.settle(getattr(world, first))
    if first == "gate":
        with pytest.raises(PolicyDenied):
            await world.ask()
        world.settle(world.router)
    assert not world.outside.sent
    await world.ask()
    assert len(world.outside.sent) == 1
