"""What makes two requests turns of one conversation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from models.messages import ChatRequest, Message, Sampling
from router.affinity import conversation, conversation_of
from tests.scripted_world import card

FIRST = ChatRequest(
    "mistral", (Message("system", "Be kind."), Message("user", "Hello")), cache_salt="acme"
)
NEXT = (Message("assistant", "Hi."), Message("user", "Where is it?"))


def test_later_turns_are_the_same_conversation() -> None:
    later = replace(FIRST, messages=(*FIRST.messages, *NEXT), sampling=Sampling(max_tokens=5))
    assert conversation(FIRST) == conversation(later)
    assert conversation_of((FIRST, 30.0)) == conversation(FIRST)


@pytest.mark.parametrize(
    "change",
    [
        {"cache_salt": "other"},
        {"model": "other"},
        {"messages": (Message("user", "Hello"),)},
        {"messages": (Message("system", "Be kind."), Message("user", "Hello!"))},
        {"messages": (Message("system", "Be kind.Hello"), Message("user", ""))},
    ],
)
def test_another_beginning_model_or_tenant_is_another(change: dict[str, object]) -> None:
    assert conversation(replace(FIRST, **change)) != conversation(FIRST)  # type: ignore[arg-type]


def test_other_calls_have_none() -> None:
    assert conversation_of(()) is None and conversation_of(("x", 1)) is None
    assert conversation(replace(FIRST, messages=()))


def test_only_a_chat_model_that_runs_here_holds_conversations() -> None:
    assert card("m", affinity="conversation").affinity == "conversation"
    with pytest.raises(ValidationError, match="affinity"):
        card("w", dialect="whisper", affinity="conversation")
    with pytest.raises(ValidationError, match="affinity"):
        card("c", "openai", "openai_compatible", base_url="https://x", affinity="conversation")
