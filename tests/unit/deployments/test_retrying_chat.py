"""Tries after a failure: of what did nothing, in time, and never after a piece was given."""

from __future__ import annotations

from typing import Any

import pytest

from deployments.retrying_chat import RetryingChat
from models.deadline import Deadline
from models.errors import GateJustOpened, ModelUnavailable, Overloaded, PodiumError
from models.messages import ChatDelta, ChatRequest, Completion, Message
from models.remote.guarded import Refused
from models.remote.provider_errors import NeverSent
from models.resilience_retry import RetryRules
from models.testing.scripted import ScriptedChat, say_in_turn

ASK = ChatRequest("chatgpt", (Message("user", "Hi"),))
FAST = RetryRules(first_s=0.001)


async def text(chat: RetryingChat, seconds: float = 60.0) -> str:
    return "".join([delta.text async for delta in chat.stream(ASK, Deadline.after(seconds))])


@pytest.mark.parametrize(
    "error",
    [NeverSent("no"), Refused("500"), Overloaded("full"), GateJustOpened("anew")],
    ids=repr,
)
async def test_what_did_nothing_is_asked_again_twice(error: PodiumError) -> None:
    chat = ScriptedChat(say_in_turn(error, error, "Fine."))
    assert await text(RetryingChat(chat, FAST)) == "Fine."
    assert len(chat.calls) == 3
    chat = ScriptedChat(say_in_turn(error, error, error, "Fine."))
    with pytest.raises(type(error)):
        await RetryingChat(chat, FAST).complete(ASK, Deadline.after(60))
    assert len(chat.calls) == 3


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(ModelUnavailable("cut"), 60.0), (Overloaded("full", retry_after=9.0), 60.0),
     (Overloaded("full", retry_after=3.0), 2.0)],
    ids=["may have worked", "waits too long", "past the deadline"],
)  # fmt: skip
async def test_what_is_not_asked_again(error: PodiumError, seconds: float) -> None:
    chat = ScriptedChat(say_in_turn(error, "Fine."))
    with pytest.raises(type(error)):
        await text(RetryingChat(chat, FAST), seconds)
    assert len(chat.calls) == 1


async def test_nothing_is_tried_again_after_the_first_piece() -> None:
    class Breaking:
        calls = 0

        async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
            raise AssertionError("streams only")

        async def stream(self, request: ChatRequest, deadline: Deadline) -> Any:
            self.calls += 1
            yield ChatDelta(text="One")
            raise Refused("cut")

    chat, got = Breaking(), []
    with pytest.raises(Refused):
        async for delta in RetryingChat(chat, FAST).stream(ASK, Deadline.after(60)):
            got.append(delta.text)
    assert (chat.calls, got) == (1, ["One"])
