"""Counts and times of one gateway replica, as Prometheus reads them."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

from deployments.model_status import Load
from models.messages import ChatDelta, Usage
from router.events import RunResult
from router.telemetry import (
    ENGINE_RUNNING,
    ENGINE_WAITING,
    IN_FLIGHT,
    INTER_TOKEN,
    POLICY_REFUSED,
    REQUEST_SECONDS,
    REQUESTS,
    TOKENS,
    TTFT,
    Telemetry,
)


class Meter:
    """Told of every request, token and run."""

    def __init__(self) -> None:
        self._telemetry = Telemetry()

    def arrived(self, path: str) -> None:
        """A request is here; `answered` must follow."""
        self._telemetry.move(IN_FLIGHT, 1, path=path)

    def answered(self, path: str, model: str, status: int, seconds: float) -> None:
        """A request has its last byte, or nobody waits for it any more."""
        self._telemetry.move(IN_FLIGHT, -1, path=path)
        self._telemetry.count(REQUESTS, path=path, model=model, status=str(status))
        self._telemetry.observe(REQUEST_SECONDS, seconds, path=path, model=model)

    def tokens(self, model: str, usage: Usage) -> None:
        """A completion has ended."""
        self._telemetry.count(TOKENS, usage.prompt_tokens, model=model, direction="in")
        self._telemetry.count(TOKENS, usage.completion_tokens, model=model, direction="out")

    def policy(self, *, refused: bool) -> None:
        """Whether the policy file is one that was refused, with the one before in force."""
        self._telemetry.set(POLICY_REFUSED, float(refused))

    def run(self, result: RunResult) -> None:
        """A pipeline's run has ended."""
        self._telemetry.run(result)

    async def timed(
        self, model: str, started: float, deltas: AsyncIterator[ChatDelta]
    ) -> AsyncGenerator[ChatDelta, None]:
        """The deltas, with the time to the first and between the next ones taken."""
        observe = self._telemetry.observer(TTFT, model=model)
        last = started
        async for delta in deltas:
            now = time.monotonic()
            observe(now - last)
            if last is started:
                observe = self._telemetry.observer(INTER_TOKEN, model=model)
            last = now
            yield delta

    def text(self, loads: Mapping[str, Load]) -> bytes:
        """Everything, with the engines' own counts as just asked."""
        for name, load in loads.items():
            self._telemetry.set(ENGINE_RUNNING, load.running, model=name)
            self._telemetry.set(ENGINE_WAITING, load.waiting, model=name)
        return self._telemetry.text()
