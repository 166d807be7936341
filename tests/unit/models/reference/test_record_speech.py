"""Recording calls and test sentences."""

from __future__ import annotations

import io
import json
import wave
from pathlib import Path

import pytest

from models.audio import RATE, decode
from models.reference import record_speech, speech_corpus
from tests.unit.models.reference.espeak import espeak

__all__ = ["espeak"]

CALLS = Path("examples/calls")


def _calls() -> list[dict[str, str]]:
    return [json.loads(line) for line in (CALLS / "calls.jsonl").read_text().splitlines()]


def test_every_call_in_the_tree_is_a_short_plain_recording() -> None:
    rows = _calls()
    assert {row["file"] for row in rows} == {path.name for path in CALLS.glob("*.wav")}
    assert len(rows) >= 4
    for row in rows:
        with wave.open(str(CALLS / row["file"])) as file:
            assert (file.getnchannels(), file.getframerate(), file.getsampwidth()) == (1, RATE, 2)
            assert 4.0 <= file.getnframes() / RATE <= 14.0


@pytest.mark.usefixtures("espeak")
def test_calls_are_recorded_from_their_list(tmp_path: Path) -> None:
    rows = [{"file": "a.wav", "customer_id": "C-1042", "text": "Hello."}]
    (tmp_path / "calls.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    record_speech.record_calls(tmp_path)
    first = (tmp_path / "a.wav").read_bytes()
    record_speech.record_calls(tmp_path)
    assert first == (tmp_path / "a.wav").read_bytes()
    assert len(decode(first)) > 0.6 * RATE


@pytest.mark.usefixtures("espeak")
def test_sentences_are_recorded_with_what_they_say(tmp_path: Path) -> None:
    record_speech.record_sentences(tmp_path, 3)
    rows = [json.loads(line) for line in (tmp_path / "sentences.jsonl").read_text().splitlines()]
    assert len({row["text"] for row in rows}) == 3
    for row in rows:
        assert speech_corpus.is_held_out(row["text"])
        assert len(decode((tmp_path / row["file"]).read_bytes())) > 0


def test_wav_keeps_the_samples() -> None:
    samples = decode((CALLS / "headset-refund.wav").read_bytes())
    with wave.open(io.BytesIO(record_speech.wav(samples))) as file:
        assert file.getnframes() == len(samples)
    assert abs(decode(record_speech.wav(samples)) - samples).max() < 1e-4
