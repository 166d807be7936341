"""A model outside as the gateway sees it: sealed, and dumb without a decision."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

import pytest

from deployments.egress_chat import EgressModel, GatedChatModel, Originating, chat_port
from deployments.ports import RemoteChatModel
from deployments.retrying_chat import RetryingChat
from models.deadline import Deadline
from models.errors import InternalError
from models.messages import ChatDelta, ChatRequest, Completion, Message, Usage
from router.gate.departure import Outgoing
from router.gate.sealer import Sealer
from tests.remote_cards import remote_card
from tests.scripted_world import card
from tests.unit.router.gate.gate_world import CARD, KEYS, NOW, origin, passed

REQUEST = ChatRequest("chatgpt", (Message("user", "Hello"),))


@dataclass
class Egress:
    """Keeps what it is asked; answers with nothing."""

    name: str = "egress"
    asked: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    open: bool = True

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        self.asked.append((method, args))
        return Completion("chatgpt", (), Usage())

    async def stream(
        self, method: str, *args: object, deadline: Deadline
    ) -> AsyncGenerator[Any, None]:
        self.asked.append((method, args))
        try:
            yield ChatDelta(text="word")
        finally:
            self.open = False


def model(egress: Egress) -> GatedChatModel:
    return GatedChatModel(EgressModel(egress, CARD.id), CARD, Sealer(KEYS, clock=lambda: NOW))


async def test_what_it_hands_over_passes_the_gate() -> None:
    egress = Egress()
    port = Originating(model(egress), origin())
    await port.complete(REQUEST, Deadline.after(5))
    assert [d.text async for d in port.stream(REQUEST, Deadline.after(5))] == ["word"]
    for (method, args), name in zip(egress.asked, ("complete", "stream"), strict=True):
        outgoing, seconds = args
        assert method == name and isinstance(outgoing, Outgoing) and 0 < seconds <= 5
        permit = passed(outgoing.token, outgoing.payload)
        assert permit.body["messages"] == [{"role": "user", "content": "Hello"}]
        assert (outgoing.model, outgoing.tenant) == ("chatgpt", "acme")
    first, second = (args[0].token for _, args in egress.asked)
    assert first != second


async def test_a_request_without_a_decision_stays_inside() -> None:
    egress = Egress()
    await Originating(model(egress), origin()).complete(REQUEST, Deadline.after(5))
    assert len(egress.asked) == 1
    with pytest.raises(InternalError):
        await model(egress).complete(REQUEST, Deadline.after(5))
    with pytest.raises(InternalError):
        await anext(model(egress).stream(REQUEST, Deadline.after(5)))
    assert len(egress.asked) == 1


async def test_a_caller_that_leaves_stops_what_egress_sends() -> None:
    egress = Egress()
    stream: Any = Originating(model(egress), origin()).stream(REQUEST, Deadline.after(5))
    await anext(stream)
    assert egress.open
    await stream.aclose()
    assert not egress.open


async def test_the_tenant_is_the_requests_own() -> None:
    egress = Egress()
    await Originating(model(egress), origin(tenant="other")).complete(REQUEST, Deadline.after(5))
    ((_, (outgoing, _)),) = egress.asked
    assert outgoing.tenant == "other"


async def test_egress_is_asked_about_one_model() -> None:
    egress = Egress()
    remote = EgressModel(egress, "chatgpt")
    await remote.call("stats", deadline=Deadline.after(5))
    assert egress.asked == [("stats", ("chatgpt",))]


def test_only_models_inside_are_reached_without_the_gate() -> None:
    egress, sealer = Egress(), Sealer(KEYS)
    assert isinstance(chat_port(card("mistral"), egress, sealer), RemoteChatModel)
    assert isinstance(chat_port(remote_card(), egress, sealer), RetryingChat)
