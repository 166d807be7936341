"""Live speech on the reference weights: the contract, sharing, whole calls, halves, silence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import resample_poly

from models.audio import RATE, decode
from models.deadline import Deadline
from models.live import AudioFormat, EarState, Piece, SpokenClip
from models.local.whisper import WhisperEngine
from models.reference.eval_speech import served_settings
from models.reference.word_errors import ErrorCount, count_errors
from router.live.endpoint import EndpointRules
from router.live.events import LineEvent, SpeechStarted, TurnCompleted, WordsCommitted
from router.live.line import Line, LineRules
from tests.contracts.live_contract import LIVE_CHECKS, LiveCheck, LiveSubject

CALLS = Path("examples/calls")
ROWS = [json.loads(line) for line in (CALLS / "calls.jsonl").read_text().splitlines()]
PIECE = 4800


@pytest.fixture(scope="module")
def engine() -> Iterator[WhisperEngine]:
    made = WhisperEngine("whisper", Path("models/reference/speech"), served_settings())
    yield made
    made.close()


def _sound(file: str, rate: int = 24_000) -> bytes:
    samples = resample_poly(decode((CALLS / file).read_bytes()), rate, RATE)
    return np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


@pytest.mark.parametrize("check", LIVE_CHECKS)
async def test_it_keeps_the_contract(engine: WhisperEngine, check: LiveCheck) -> None:
    clip = _sound("headset-refund.wav", RATE)[: round(3.3 * RATE) * 2]
    await check(LiveSubject(engine.live, "whisper", _sound("headset-refund.wav"), clip))


async def test_lines_that_wait_share_a_batch(engine: WhisperEngine) -> None:
    clip = SpokenClip("whisper", _sound("headset-refund.wav", RATE)[:48_000], False)
    async with asyncio.TaskGroup() as group:
        for _ in range(9):
            group.create_task(engine.live.hear(clip, Deadline.after(60)))
    assert max(engine.live.sizes[-3:]) == engine.live.batch
    assert sum(engine.live.sizes[-4:]) >= 9 or sum(engine.live.sizes[-3:]) == 9


async def _spoken(engine: WhisperEngine, sound: bytes) -> list[tuple[int, LineEvent]]:
    """Each event with the number of the piece it came after; a piece is 100 ms."""
    traits, names = engine.traits(), count()
    rules = EndpointRules(traits.threshold, pad=traits.pad, pause=traits.pause, longest=7.0)
    line = Line(LineRules(rules), lambda: f"item_{next(names)}")
    state, told = EarState(), []
    for number, at in enumerate(range(0, len(sound), PIECE)):
        piece = Piece("whisper", sound[at : at + PIECE], AudioFormat.PCM16, state)
        found = await engine.live.listen(piece, Deadline.after(30))
        state = found.state
        told += [(number, event) for event in line.listen(found.samples, found.speech)]
        told += [(number, event) for event in await _written(engine, line)]
    if not line.empty:
        told += [(number, event) for event in [*line.commit(), *await _written(engine, line)]]
    return told


async def _written(engine: WhisperEngine, line: Line) -> list[LineEvent]:
    told: list[LineEvent] = []
    while (ask := line.ask()) is not None:
        clip = SpokenClip("whisper", ask.audio, ask.final)
        told += line.heard(ask, (await engine.live.hear(clip, Deadline.after(30))).text)
    return told


def _said(told: list[tuple[int, LineEvent]]) -> str:
    return " ".join(event.text for _, event in told if isinstance(event, TurnCompleted))


async def test_the_example_calls_are_heard_while_they_are_spoken(engine: WhisperEngine) -> None:
    total, shown, revised = ErrorCount(), 0, 0
    for row in ROWS[:2]:
        sound = _sound(row["file"])
        told = await _spoken(engine, sound)
        total += count_errors(row["text"], _said(told))
        words = [
            (number, len(event.text.split()))
            for number, event in told
            if isinstance(event, WordsCommitted)
        ]
        before_the_end = sum(n for number, n in words if number < len(sound) // PIECE - 10)
        assert before_the_end >= 5, row["file"]
        shown += sum(n for _, n in words)
        revised += sum(event.revised for _, event in told if isinstance(event, TurnCompleted))
    assert shown >= 45
    assert total.rate <= 0.10
    assert revised <= 0.05 * shown


async def test_half_the_audio_gives_the_first_half_only(engine: WhisperEngine) -> None:
    sound = _sound("headset-refund.wav")
    whole = _said(await _spoken(engine, sound[: (5 * 24_000) * 2])).lower()
    assert "order number" in whole
    half = _said(await _spoken(engine, sound[: round(3.7 * 24_000) * 2])).lower()
    assert "refund for the headset" in half
    assert "order" not in half
    assert "thank" not in half


async def test_a_silent_or_noisy_line_invents_nothing(engine: WhisperEngine) -> None:
    assert _said(await _spoken(engine, _sound("headset-refund.wav")[:96_000]))
    noise = np.random.default_rng(7).standard_normal(5 * 24_000)
    hum = np.sin(2 * np.pi * 50 * np.arange(5 * 24_000) / 24_000)
    for line in (np.zeros(5 * 24_000), 0.002 * noise, 0.1 * noise, 0.2 * hum):
        sound = np.rint(np.clip(line, -1, 1) * 32767).astype("<i2").tobytes()
        told = await _spoken(engine, sound)
        assert not [event for _, event in told if isinstance(event, SpeechStarted | WordsCommitted)]
