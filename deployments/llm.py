"""The LLM deployment: one local chat model, one engine a replica."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

from ray import serve

from deployments.autoscaling import load_figures
from deployments.replica_environment import enter_replica
from models.catalog import ModelCard
from models.deadline import Deadline
from models.local.engine_clock import EngineClock
from models.local.engine_stats import EngineStats
from models.local.transformers_engine import TransformersEngine
from models.local.transformers_settings import TransformersSettings
from models.local.vllm_engine import VllmEngine
from models.local.vllm_settings import VllmSettings
from models.messages import ChatDelta, ChatRequest, Completion, Message, Sampling, Usage
from models.weights import check_digest, weights_folder

WARM_UP_S = 300.0


def _engine(
    card: ModelCard, folder: Path, adapters: tuple[ModelCard, ...]
) -> VllmEngine | TransformersEngine:
    """The engine that the card's dialect names."""
    if card.dialect == "transformers":
        settings = TransformersSettings.model_validate(card.engine)
        return TransformersEngine(card.id, folder, settings)
    folders = {adapter.id: weights_folder(adapter) for adapter in adapters}
    for adapter in adapters:
        check_digest(adapter, folders[adapter.id])
    return VllmEngine(card.id, folder, VllmSettings.model_validate(card.engine), folders)


@serve.deployment
class LLM:
    """Answers chat requests; ready only after its engine has made a token."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self, card: ModelCard, adapters: tuple[ModelCard, ...] = ()
    ) -> None:
        entered = enter_replica(card.id)
        folder = weights_folder(card)
        self._digest = check_digest(card, folder)
        self._engine = _engine(card, folder, adapters)
        self._clock, self._accelerators = EngineClock(), max(1.0, card.num_gpus)
        warm_up = ChatRequest(card.id, (Message("user", "Hello"),), Sampling(max_tokens=1))
        await self._engine.complete(warm_up, Deadline.after(WARM_UP_S))
        self._start_s = time.monotonic() - entered

    async def complete(self, request: ChatRequest, seconds: float) -> Completion:
        """The whole answer, within `seconds`."""
        mark = self._clock.begin()
        try:
            done = await self._engine.complete(request, Deadline.after(seconds))
            return replace(done, usage=self._timed(done.usage, mark))
        finally:
            self._clock.end(mark)

    async def stream(self, request: ChatRequest, seconds: float) -> AsyncIterator[ChatDelta]:
        """The answer as the engine makes it."""
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
        """The engine's load, read from its scheduler."""
        return self._engine.stats()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """What Serve's controller is told, for the policy of `deployments.autoscaling`."""
        return load_figures(await self.stats())

    async def describe(self) -> dict[str, object]:
        """The model's window, the digest of its weights, and how long this replica's start took."""
        return {
            "window": self._engine.window,
            "digest": self._digest,
            "start_s": self._start_s,
        }

    async def check_health(self) -> None:
        """Called by Serve; an error replaces this replica."""
        await self._engine.check_health()

    def __del__(self) -> None:
        engine = getattr(self, "_engine", None)
        if engine is not None:
            engine.close()
