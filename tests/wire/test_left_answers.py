"""An answer that was left half-way is put away at once, not when the collector comes by.

The collector would meet the generators of a half-read answer in any order, inside any other call.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from types import AsyncGeneratorType
from typing import Any

import pytest

from deployments.stub.script import Row
from models.deadline import Deadline
from models.errors import ModelUnavailable
from tests.wire.spoken import SPOKEN, Spoken
from tests.wire.stub_server import StubServer

LIBRARIES = ("httpx2", "httpcore2", "openai", "anthropic", "google")


@pytest.fixture
def stub() -> Iterator[StubServer]:
    with StubServer(Row(words=200, pace=200.0)) as server:
        yield server


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("spoken", SPOKEN, ids=lambda spoken: spoken.name)
async def test_nothing_of_a_left_answer_stays(spoken: Spoken, stub: StubServer) -> None:
    chat = spoken.make(stub.url)
    deltas = chat.stream(spoken.asks(), Deadline.after(20))
    assert await anext(deltas)
    assert _half_read(), "the probe: an open answer is seen"
    await deltas.aclose()
    await _ticks()
    assert not _half_read()
    await chat.close()


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("spoken", SPOKEN, ids=lambda spoken: spoken.name)
async def test_nothing_of_a_broken_answer_stays(spoken: Spoken, stub: StubServer) -> None:
    chat = spoken.make(stub.url)
    stub.tell(Row(words=200, pace=200.0, fault="wrong_type", after=3))
    seen = 0
    with pytest.raises(ModelUnavailable):
        async for _ in chat.stream(spoken.asks(), Deadline.after(20)):
            seen = max(seen, len(_half_read()))
    assert seen, "the probe: an open answer is seen"
    await _ticks()
    assert not _half_read()
    await chat.close()


def _half_read() -> list[Any]:
    found = (thing for thing in gc.get_objects() if isinstance(thing, AsyncGeneratorType))
    return [generator for generator in found if _begun(generator) and _of_a_library(generator)]


def _begun(generator: AsyncGeneratorType[Any, Any]) -> bool:
    """One that has not begun has nothing to close; it stands on the line of its definition."""
    frame = generator.ag_frame
    return frame is not None and frame.f_lineno != generator.ag_code.co_firstlineno


def _of_a_library(generator: AsyncGeneratorType[Any, Any]) -> bool:
    frame = generator.ag_frame
    return frame is not None and str(frame.f_globals["__name__"]).split(".")[0] in LIBRARIES


async def _ticks() -> None:
    """Let what was dropped be put away, one generator inside the other."""
    for _ in range(50):
        await asyncio.sleep(0)
