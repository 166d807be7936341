"""Everything nondeterministic passes the recorder: a record alone gives the same run again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import aclosing

import pytest

from models.errors import ModelUnavailable
from models.messages import ChatRequest
from models.testing.scripted import ScriptedTranscriber
from router.recorder import Live, Recorder, Recording, Replaying
from tests.scripted_world import FixedSource, World, hit, support, world
from tests.support_contract import CRM, MESSAGE, REFUND, answers


def _world(recorder: Callable[[], Recorder]) -> World:
    made = world(answers(-0.6), source=FixedSource(CRM), recorder=recorder)
    made.searcher.hits = (hit(REFUND, "refunds"),)
    made.transcriber = ScriptedTranscriber([MESSAGE])
    return made


def _refuse(request: ChatRequest) -> str:
    raise AssertionError("a replay asks no model")


async def test_a_record_replays_to_the_same_result_without_any_model() -> None:
    record = Recording()
    inputs = {"audio": b"RIFF", "customer_id": "C-1042"}
    first = await _world(lambda: record).result(support(), inputs)
    again = world(_refuse, recorder=lambda: Replaying(record.entries))
    assert await again.result(support(), inputs) == first
    assert (again.searcher.calls, again.source.calls, again.transcriber.calls) == ([], [], [])


async def test_a_failure_replays_as_one() -> None:
    record = Recording()
    down = world(lambda request: ModelUnavailable("down"), recorder=lambda: record)
    down.searcher.hits = (hit(REFUND, "refunds"),)
    first = await down.result(support(), {"text": MESSAGE})
    again = world(_refuse, recorder=lambda: Replaying(record.entries))
    second = await again.result(support(), {"text": MESSAGE})
    assert first.error is second.error is not None


async def test_a_run_that_takes_another_course_is_noticed() -> None:
    record = Recording()
    await _world(lambda: record).result(support(), {"text": MESSAGE})
    again = world(_refuse, recorder=lambda: Replaying(record.entries))
    other = await again.result(support(), {"audio": b"RIFF"})
    assert other.error is not None
    assert other.error.code == "internal_error"


@pytest.mark.parametrize("recorder", [Live(), Recording()])
async def test_closing_a_recorded_stream_closes_its_source(recorder: Recorder) -> None:
    closed = []

    async def source():  # type: ignore[no-untyped-def]
        try:
            for number in itertools.count():
                yield number
        finally:
            closed.append(True)

    async with aclosing(recorder.stream("key", source)) as pieces:
        async for piece in pieces:
            if piece == 2:
                break
    assert closed == [True]
