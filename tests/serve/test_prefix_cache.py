"""The prefix cache of the real engine is shared under one salt and never across two."""

from __future__ import annotations

from typing import Any

import pytest

from models.deadline import Deadline
from models.messages import ChatRequest, Message, Sampling

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.filterwarnings("ignore:::"),
]
PROMPT = "How long may a customer return an item, and who pays for the way back? " * 6
PATIENCE_S = 120.0


async def hits(engine: Any, salt: str, text: str = PROMPT) -> int:
    """How many tokens of the prompt the engine found in its cache."""
    before = engine.stats().prefix_hits
    request = ChatRequest(
        "mistral",
        (Message("user", text),),
        Sampling(max_tokens=1, temperature=0.0),
        cache_salt=salt,
    )
    await engine.complete(request, Deadline.after(PATIENCE_S))
    return int(engine.stats().prefix_hits - before)


async def test_equal_salts_hit_and_different_ones_never(engine: Any) -> None:
    assert await hits(engine, "acme/INTERNAL") == 0
    assert await hits(engine, "acme/INTERNAL") > 0
    for salt in ("other/INTERNAL", "acme/CONFIDENTIAL"):
        assert await hits(engine, salt) == 0
        assert await hits(engine, salt) > 0
