"""The vLLM engine, in this process, keeps the contract of every chat model."""

from __future__ import annotations

from typing import Any

import pytest

from models.messages import ChatRequest, Message, Sampling
from tests.contracts.chat_contract import CHECKS, Check, Subject

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.filterwarnings("ignore:::"),
]


@pytest.fixture
def subject(engine: Any) -> Subject:
    """One engine for all checks."""
    endless = ChatRequest(
        "mistral",
        (Message("user", "Hello"),),
        Sampling(max_tokens=1900, logit_bias={2: -100.0}),
    )
    return Subject(engine, "mistral", lambda: engine.stats().running, endless)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(check: Check, subject: Subject) -> None:
    await check(subject)
