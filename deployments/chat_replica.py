"""What every replica of a chat model answers, whichever engine is in it."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Protocol

from ray import get_runtime_context

from deployments.autoscaling import load_figures
from deployments.door import Place
from deployments.post import Post
from deployments.stream_mailbox import Address, Posted
from models.catalog import ModelCard
from models.deadline import Deadline
from models.local.engine_clock import EngineClock
from models.local.engine_stats import EngineStats
from models.messages import ChatDelta, ChatRequest, Completion, Message, Sampling, Usage
from models.ports import ChatModel, TokenCounter

WARM_UP_S = 300.0
_BATCHES = 2


def most_ongoing(card: ModelCard) -> int:
    """Calls that a replica has at most: a batch that runs, and one that is ready to follow."""
    return _BATCHES * int(card.engine.get("max_num_seqs", 32))


class ChatEngine(ChatModel, TokenCounter, Protocol):
    """A chat model in this process."""

    @property
    def window(self) -> int:
        """Tokens that prompt and answer may take together."""

    def stats(self) -> EngineStats:
        """Its load now."""


class ChatReplica:
    """Answers chat requests over the engine that `_begin` is given."""

    _engine: ChatEngine
    _place: Place | None = None

    async def _begin(
        self, model: str, engine: ChatEngine, digest: str, accelerators: float, entered: float
    ) -> None:
        """Ready only after the engine has made a token; `entered` is when this replica began."""
        self._engine, self._digest = engine, digest
        self._post = Post(get_runtime_context().get_node_id())
        self._clock, self._accelerators = EngineClock(), max(1.0, accelerators)
        warm_up = ChatRequest(model, (Message("user", "Hello"),), Sampling(max_tokens=1))
        await engine.complete(warm_up, Deadline.after(WARM_UP_S))
        self._start_s = time.monotonic() - entered

    async def complete(self, request: ChatRequest, seconds: float) -> Completion:
        """The whole answer, within `seconds`."""
        mark = self._clock.begin()
        try:
            done = await self._engine.complete(request, Deadline.after(seconds))
            return replace(done, usage=self._timed(done.usage, mark))
        finally:
            self._clock.end(mark)

    async def stream(
        self, request: ChatRequest, seconds: float, address: Address | None = None
    ) -> AsyncIterator[ChatDelta | Posted]:
        """The answer as the engine makes it, to the mailbox at `address` if that is near."""
        async with (
            aclosing(self.deltas(request, seconds)) as deltas,
            aclosing(self._post.deliver(deltas, address)) as items,
        ):
            async for item in items:
                yield item

    async def deltas(self, request: ChatRequest, seconds: float) -> AsyncGenerator[ChatDelta, None]:
        """The answer as the engine makes it, for callers in this process."""
        stream: Any = self._engine.stream(request, Deadline.after(seconds))
        mark = self._clock.begin()
        try:
            async with aclosing(stream) as deltas:
                async for delta in deltas:
                    if delta.usage is not None:
                        delta = replace(delta, usage=self._timed(delta.usage, mark))
                    yield delta
        finally:
            self._clock.end(mark)

    def _timed(self, usage: Usage, mark: float) -> Usage:
        """The usage with the seconds that this engine's accelerators worked for it."""
        return replace(usage, engine_seconds=self._clock.seconds(mark) * self._accelerators)

    async def count(self, request: ChatRequest, seconds: float) -> int:
        """The tokens of a prompt, by the engine's own template and tokenizer."""
        return await self._engine.count(request, Deadline.after(seconds))

    async def stats(self) -> EngineStats:
        """The engine's load, as it tells."""
        return self._engine.stats()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What Serve's controller is told, for the policy of `deployments.autoscaling`."""
        return load_figures(await self.stats())

    async def door(self) -> Place | None:
        """Where gateways of this node may come in without Serve, None for nowhere."""
        return self._place

    async def describe(self) -> dict[str, object]:
        """The model's window, the digest of its weights, and how long this replica's start took."""
        return {
            "window": self._engine.window,
            "digest": self._digest,
            "start_s": self._start_s,
        }
