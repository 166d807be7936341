"""A chat model outside, asked again when it surely did nothing: each try is sealed anew."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

from models.deadline import Deadline
from models.errors import GateJustOpened, Overloaded, PodiumError
from models.messages import ChatDelta, ChatRequest, Completion
from models.ports import ChatModel
from models.remote.guarded import Refused
from models.remote.provider_errors import NeverSent
from models.remote.traffic import HeldBack
from models.resilience_retry import Failure, RetryRules, retry_wait


class RetryingChat:
    """The ChatModel `chat`; once a piece of an answer was given, nothing is tried again.

    An answer of a chat model changes nothing in the world, so that asking twice is asking once;
    what may have been charged for is not asked twice all the same.
    """

    def __init__(
        self,
        chat: ChatModel,
        rules: RetryRules | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._chat = chat
        self._rules = rules or RetryRules()
        self._chance = chance

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer."""
        tried = 0
        while True:
            tried += 1
            try:
                return await self._chat.complete(request, deadline)
            except PodiumError as error:
                await self._wait(error, tried, deadline)

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes."""
        tried, begun = 0, False
        while True:
            tried += 1
            stream: Any = self._chat.stream(request, deadline)
            try:
                async with aclosing(stream):
                    async for delta in stream:
                        begun = True
                        yield delta
                return
            except PodiumError as error:
                if begun:
                    raise
                await self._wait(error, tried, deadline)

    async def _wait(self, error: PodiumError, tried: int, deadline: Deadline) -> None:
        """Wait for the next try, or raise the error when there is none."""
        seconds = retry_wait(
            self._rules,
            failure_of(error),
            tried=tried,
            remaining=deadline.remaining(),
            told=error.retry_after,
            chance=self._chance(),
            idempotent=True,
        )
        if seconds is None:
            raise error
        await asyncio.sleep(seconds)


def failure_of(error: PodiumError) -> Failure:
    """How much of a failed call may have happened."""
    if isinstance(error, NeverSent | HeldBack | GateJustOpened):
        return "never_left"
    return "refused" if isinstance(error, Overloaded | Refused) else "unknown"
