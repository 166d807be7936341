"""Transcriptions cost the seconds that an engine worked, one row each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from deployments.accounting import Accounting
from deployments.charged_speech import ChargedTranscriber
from deployments.outbox import Outbox
from models.deadline import Deadline
from models.errors import DeadlineExceeded, InvalidAudio
from models.messages import Segment, Transcript, TranscriptionRequest
from models.testing.scripted import ScriptedTranscriber
from router.costs import CallCost
from router.keys import DEFAULT_SCOPES, Principal
from router.rate_book import RateBook
from tests.scripted_world import card

CARD = card(
    "whisper", dialect="whisper", capabilities=frozenset({"transcribe"}),
    price={"gpu_second": 0.5},
)  # fmt: skip
ASK = TranscriptionRequest("whisper", b"sound")
WHO = Principal("acme", "k1", DEFAULT_SCOPES)


class Rows(Outbox[CallCost]):
    """Keeps the rows of costs."""

    def __init__(self) -> None:
        super().__init__(None, "record_costs", 1)  # type: ignore[arg-type]
        self.rows: list[CallCost] = []

    def add(self, row: CallCost) -> None:
        self.rows.append(row)


class Working(ScriptedTranscriber):
    """Its engine works for three seconds."""

    async def transcribe(self, request: TranscriptionRequest, deadline: Deadline) -> Transcript:
        done = await super().transcribe(request, deadline)
        return replace(done, engine_seconds=3.0)

    async def stream(
        self, request: TranscriptionRequest, deadline: Deadline
    ) -> AsyncIterator[Segment | Transcript]:
        yield Segment(0, 0.0, 1.0, "one")
        yield await self.transcribe(request, deadline)


def charged(*heard: Any) -> tuple[ChargedTranscriber, Rows]:
    accounting, rows = Accounting(None, RateBook(), 60.0), Rows()  # type: ignore[arg-type]
    accounting.costs = rows
    return ChargedTranscriber(Working(heard), CARD, WHO, accounting), rows


async def test_a_transcript_costs_the_seconds_that_its_engine_worked() -> None:
    chat, rows = charged("hello")
    assert (await chat.transcribe(ASK, Deadline.after(60))).text == "hello"
    [row] = rows.rows
    assert (row.model, row.nano, row.ended) == ("whisper", 1_500_000_000, "done")
    assert row.usage.engine_seconds == 3.0 and row.measured


async def test_a_stream_costs_the_same() -> None:
    chat, rows = charged("hello")
    pieces = [piece async for piece in chat.stream(ASK, Deadline.after(60))]
    assert len(pieces) == 2
    assert [row.nano for row in rows.rows] == [1_500_000_000]


async def test_one_that_is_left_or_late_costs_the_most_it_could() -> None:
    chat, rows = charged("hello")
    stream = chat.stream(ASK, Deadline.after(60))
    await anext(stream)
    await stream.aclose()
    [row] = rows.rows
    assert (row.ended, row.measured) == ("cancelled", False)
    assert 29_000_000_000 < row.nano <= 30_000_000_000
    late, rows = charged(DeadlineExceeded("late"))
    with pytest.raises(DeadlineExceeded):
        await late.transcribe(ASK, Deadline.after(60))
    assert [row.ended for row in rows.rows] == ["failed"]


async def test_what_is_no_audio_costs_nothing() -> None:
    chat, rows = charged(InvalidAudio("no"))
    with pytest.raises(InvalidAudio):
        await chat.transcribe(ASK, Deadline.after(60))
    assert rows.rows == []
