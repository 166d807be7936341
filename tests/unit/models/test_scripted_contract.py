"""The scripted chat model keeps the contract of every chat model."""

from __future__ import annotations

import asyncio

import pytest

from models.messages import ChatRequest, Message
from models.testing.scripted import Say, ScriptedChat
from tests.contracts.chat_contract import CHECKS, Check, Subject


def _script(request: ChatRequest) -> Say:
    endless = request.messages[0].content == "endless"
    return Say(("Good ", "morning."), gate=asyncio.Event() if endless else None)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(check: Check) -> None:
    chat = ScriptedChat(_script)
    endless = ChatRequest("scripted", (Message("user", "endless"),))
    await check(Subject(chat, "scripted", lambda: chat.running, endless))
