"""Callers at a chat model's door take turns, as they do behind Serve."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, cast

from deployments.chat_replica import ChatReplica
from deployments.door_guests import DoorGuests
from models.local.engine_stats import EngineStats
from models.messages import ChatDelta, ChatRequest, Message

ASKED = ChatRequest("mistral", (Message("user", "Hello"),))


@dataclass
class Replica:
    """Answers when it may."""

    began: list[float] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def complete(self, request: ChatRequest, seconds: float) -> str:
        self.began.append(seconds)
        await self.go_on.wait()
        return "done"

    async def deltas(self, request: ChatRequest, seconds: float) -> AsyncGenerator[ChatDelta, None]:
        self.began.append(seconds)
        await self.go_on.wait()
        yield ChatDelta(text="done")

    async def stats(self) -> EngineStats:
        return EngineStats(running=len(self.began))


async def _ends(stream: Any) -> list[ChatDelta]:
    return [delta async for delta in stream]


async def test_no_more_than_so_many_answer_at_once_and_all_may_ask() -> None:
    replica = Replica()
    guests = DoorGuests(cast(ChatReplica, replica), most=2)
    calls: list[asyncio.Task[Any]] = [
        asyncio.create_task(guests.complete(ASKED, 30.0)),
        asyncio.create_task(_ends(guests.stream(ASKED, 30.0))),
        asyncio.create_task(guests.complete(ASKED, 20.0)),
        asyncio.create_task(_ends(guests.stream(ASKED, 10.0))),
    ]
    for _ in range(5):
        await asyncio.sleep(0)
    assert len(replica.began) == 2
    assert await guests.stats() == EngineStats(running=2)
    calls[2].cancel()
    replica.go_on.set()
    assert await calls[3] == [ChatDelta(text="done")]
    assert len(replica.began) == 3
    assert replica.began[2] < 10.0  # what it waited is gone
    assert await calls[0] == "done"
