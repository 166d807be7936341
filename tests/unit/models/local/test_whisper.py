"""The speech engine on the reference weights."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from models.audio import RATE, decode
from models.deadline import Deadline
from models.errors import DeadlineExceeded, UnsupportedParameter, WeightsError
from models.local.whisper import WhisperEngine, WhisperStats
from models.local.whisper_settings import WhisperSettings
from models.messages import Transcript, TranscriptionRequest
from models.reference.eval_speech import numbers, served_settings
from models.reference.word_errors import ErrorCount, count_errors
from tests.contracts.transcriber_contract import CHECKS, Check, Subject, hear, wav

SERVED = Path("models/reference/speech")
SENTENCES = Path("tests/data/speech")
CALLS = Path("examples/calls")


@pytest.fixture(scope="module")
def engine() -> Iterator[WhisperEngine]:
    made = WhisperEngine("whisper", SERVED, served_settings())
    yield made
    made.close()


async def _hear(engine: WhisperEngine, audio: bytes, **fields: object) -> Transcript:
    return await hear(Subject(engine, "whisper", b""), audio, **fields)


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


@pytest.mark.parametrize("check", CHECKS)
async def test_it_keeps_the_contract(engine: WhisperEngine, check: Check) -> None:
    await check(Subject(engine, "whisper", (CALLS / "router-complaint.wav").read_bytes()))


async def test_held_out_sentences_are_written_down(engine: WhisperEngine) -> None:
    total = ErrorCount()
    for row in _rows(SENTENCES, "sentences.jsonl"):
        heard = await _hear(engine, (SENTENCES / row["file"]).read_bytes())
        total += count_errors(row["text"], heard.text)
    assert total.words > 100
    assert total.rate <= 0.10


@pytest.mark.parametrize("row", _rows(CALLS, "calls.jsonl"), ids=lambda row: row["file"])
async def test_the_example_calls_are_written_down(
    engine: WhisperEngine, row: dict[str, str]
) -> None:
    heard = await _hear(engine, (CALLS / row["file"]).read_bytes())
    assert count_errors(row["text"], heard.text).errors <= 2
    assert numbers(heard.text) == numbers(row["text"]), "the order number is what the CRM needs"
    assert 4.0 < heard.duration < 14.0


async def test_the_model_itself_hears_no_words_in_noise() -> None:
    """Voice detection is off in effect here, so that the model alone must say nothing."""
    settings = served_settings().model_copy(update={"vad_threshold": 1e-6})
    open_door = WhisperEngine("whisper", SERVED, settings)
    call = decode((CALLS / "headset-refund.wav").read_bytes())
    noise = np.random.default_rng(1).standard_normal(5 * RATE).astype(np.float32)
    try:
        assert (await _hear(open_door, wav(call))).text
        assert (await _hear(open_door, wav(0.01 * noise))).text == ""
        assert (await _hear(open_door, wav(np.zeros(5 * RATE, np.float32)))).text == ""
    finally:
        open_door.close()


async def test_audio_over_many_windows_loses_no_words(engine: WhisperEngine) -> None:
    rows = _rows(CALLS, "calls.jsonl")
    gap = np.zeros(2 * RATE, np.float32)
    parts = [part for row in rows for part in (decode((CALLS / row["file"]).read_bytes()), gap)]
    heard = await _hear(engine, wav(np.concatenate(parts)))
    errors = count_errors(" ".join(row["text"] for row in rows), heard.text)
    assert errors.rate <= 0.1
    assert heard.duration > 50.0
    ends = [0.0, *(segment.end for segment in heard.segments)]
    for before, segment in zip(ends, heard.segments, strict=False):
        assert before - 0.2 <= segment.start <= segment.end
        assert segment.end - segment.start <= 8.0
    assert [segment.id for segment in heard.segments] == list(range(len(heard.segments)))


async def test_a_prompt_and_a_temperature_change_no_clear_words(engine: WhisperEngine) -> None:
    row = _rows(CALLS, "calls.jsonl")[0]
    audio = (CALLS / row["file"]).read_bytes()
    heard = await _hear(engine, audio, prompt="My order number is", temperature=0.0)
    assert count_errors(row["text"], heard.text).rate <= 0.1


async def test_a_deadline_ends_the_wait(engine: WhisperEngine) -> None:
    audio = (CALLS / "router-complaint.wav").read_bytes()
    with pytest.raises(DeadlineExceeded):
        await engine.transcribe(TranscriptionRequest("whisper", audio), Deadline.after(0.0))
    await _idle(engine)


async def test_cancelling_stops_between_segments(engine: WhisperEngine) -> None:
    call = decode((CALLS / "router-complaint.wav").read_bytes())
    long = wav(np.tile(np.concatenate([call, np.zeros(2 * RATE, np.float32)]), 60))
    task = asyncio.ensure_future(_hear(engine, long))
    await _until(lambda: engine.stats().running == 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _idle(engine)


async def _until(holds: Callable[[], bool]) -> None:
    for _ in range(3000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to hold")


async def _idle(engine: WhisperEngine) -> None:
    await _until(lambda: engine.stats() == WhisperStats())


async def test_what_waits_and_runs_is_counted(engine: WhisperEngine) -> None:
    call = decode((CALLS / "router-complaint.wav").read_bytes())
    call = wav(np.tile(call, 10))
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(_hear(engine, call))
        await _until(lambda: engine.stats() == WhisperStats(running=1, waiting=2))
    await _idle(engine)


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json", "preprocessor_config.json"])
def test_a_folder_that_lacks_a_file_is_refused(tmp_path: Path, name: str) -> None:
    shutil.copytree(SERVED, tmp_path / "speech")
    WhisperEngine("whisper", tmp_path / "speech", WhisperSettings()).close()
    (tmp_path / "speech" / name).unlink()
    with pytest.raises(WeightsError, match=name):
        WhisperEngine("whisper", tmp_path / "speech", WhisperSettings())


def test_broken_weights_are_refused(tmp_path: Path) -> None:
    shutil.copytree(SERVED, tmp_path / "speech")
    (tmp_path / "speech" / "model.bin").write_bytes(b"no weights")
    with pytest.raises(WeightsError):
        WhisperEngine("whisper", tmp_path / "speech", WhisperSettings())


def test_a_setting_that_does_not_exist_is_refused() -> None:
    assert WhisperSettings.model_validate({"beam": 1}).beam == 1
    with pytest.raises(ValidationError):
        WhisperSettings.model_validate({"beams": 1})


async def test_a_model_of_one_language_cannot_translate(engine: WhisperEngine) -> None:
    audio = (CALLS / "headset-refund.wav").read_bytes()
    with pytest.raises(UnsupportedParameter) as caught:
        await _hear(engine, audio, translate=True)
    assert caught.value.param == "model"


async def test_many_clips_are_written_down_as_one_is(engine: WhisperEngine) -> None:
    """More clips than are looked at together: each is heard as it is alone, and in its place."""
    row = _rows(SENTENCES, "sentences.jsonl")[0]
    once = decode((SENTENCES / row["file"]).read_bytes())
    apart = np.concatenate([once, np.zeros(2 * RATE, np.float32)])
    alone = await _hear(engine, wav(apart))
    heard = await _hear(engine, wav(np.tile(apart, 70)))
    assert len(heard.segments) >= 70 * len(alone.segments)
    starts = [segment.start for segment in heard.segments]
    assert starts == sorted(starts)
    assert starts[-1] > 68.5 * len(apart) / RATE
    assert count_errors(" ".join([alone.text] * 70), heard.text).rate < 0.05
