"""A gateway waits for keys and models, and not for ever."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from deployments.first_answers import first_answers
from deployments.keyring import Keyring
from deployments.model_status import ModelStatus

LONG_S = 60.0


@dataclass(frozen=True)
class Stats:
    """What a model says of itself."""

    running: int = 0
    waiting: int = 0


class Model:
    """Answers once it may."""

    name = "mistral"

    def __init__(self) -> None:
        self.up = asyncio.Event()

    async def call(self, method: str, *args: object, deadline: Any) -> Any:
        await self.up.wait()
        return Stats() if method == "stats" else {"window": 64, "digest": "sha256:0"}

    def stream(self, method: str, *args: object, deadline: Any) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize("keys_first", [True, False])
async def test_it_knows_keys_and_models_when_it_begins(keys_first: bool) -> None:
    model, ring = Model(), Keyring(b"p" * 32)
    status = ModelStatus({"mistral": model})
    watch = asyncio.create_task(status.watch())
    begun = asyncio.create_task(first_answers(ring, status, LONG_S))
    steps = [lambda: ring.tell([]), model.up.set]
    for step in steps if keys_first else reversed(steps):
        await asyncio.sleep(0.2)
        assert not begun.done()
        step()
    assert await begun
    watch.cancel()


async def test_it_begins_all_the_same_after_a_while() -> None:
    assert not await first_answers(Keyring(b"p" * 32), ModelStatus({"mistral": Model()}), 0.1)
