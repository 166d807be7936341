"""Chains of direct calls: only what the policy lets be asked, and no switch in mid-answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from deployments.fallback_chat import FallbackChat
from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import DeadlineExceeded, InvalidRequest, ModelUnavailable, Overloaded
from models.messages import ChatDelta, ChatRequest, Completion, Message
from models.ports import ChatModel
from models.testing.scripted import ScriptedChat, say_in_turn
from tests.scripted_world import card

ASK = ChatRequest("first", (Message("user", "Hi"),))
CHAIN = tuple(card(name) for name in ("first", "second", "third"))


def chain(
    denied: frozenset[str] = frozenset(), **scripts: object
) -> tuple[FallbackChat, dict[str, ScriptedChat]]:
    chats = {
        one.id: ScriptedChat(say_in_turn(scripts.get(one.id, f"from {one.id}")))  # type: ignore[arg-type]
        for one in CHAIN
    }

    def port(one: ModelCard) -> ChatModel:
        return chats[one.id]

    return FallbackChat(CHAIN, port, lambda one: one.id not in denied), chats


async def said(chat: FallbackChat) -> str:
    return "".join([delta.text async for delta in chat.stream(ASK, Deadline.after(60))])


@pytest.mark.parametrize("error", [ModelUnavailable("down"), Overloaded("full")], ids=repr)
async def test_the_next_that_may_be_asked_takes_over(error: Exception) -> None:
    chat, chats = chain(first=error)
    assert (await said(chat), chat.answering.id) == ("from second", "second")
    chat, chats = chain(frozenset({"second"}), first=error)
    assert (await said(chat), chat.answering.id) == ("from third", "third")
    assert chats["second"].calls == []
    assert chats["third"].calls[0].model == "third"
    chat, _ = chain(first=error)
    done = await chat.complete(ASK, Deadline.after(60))
    assert done.choices[0].message.content == "from second"


async def test_the_last_error_is_told() -> None:
    chat, chats = chain(frozenset({"second", "third"}), first=Overloaded("full"))
    with pytest.raises(Overloaded):
        await said(chat)
    assert chats["second"].calls == chats["third"].calls == []


async def test_what_the_request_itself_did_wrong_goes_down_no_chain() -> None:
    chat, chats = chain(first=InvalidRequest("wrong"))
    with pytest.raises(InvalidRequest):
        await said(chat)
    assert chats["second"].calls == []


async def test_nobody_takes_over_after_the_first_piece_or_the_deadline() -> None:
    class Breaking:
        async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
            raise AssertionError("streams only")

        async def stream(
            self, request: ChatRequest, deadline: Deadline
        ) -> AsyncIterator[ChatDelta]:
            yield ChatDelta(text="One")
            raise ModelUnavailable("cut")

    _, chats = chain()
    ports: dict[str, ChatModel] = {**chats, "first": Breaking()}
    chat = FallbackChat(CHAIN, lambda one: ports[one.id], lambda one: True)
    with pytest.raises(ModelUnavailable):
        await said(chat)
    assert chats["second"].calls == []
    chat, chats = chain(first=ModelUnavailable("down"))
    with pytest.raises((DeadlineExceeded, ModelUnavailable)):
        await chat.complete(ASK, Deadline.after(0))
    assert chats["second"].calls == []
