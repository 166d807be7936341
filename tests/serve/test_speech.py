"""Transcriptions by real faster-whisper, in every format the official client asks for."""

from __future__ import annotations

import base64
import io
import json
import wave
from pathlib import Path

import openai
import pytest

CALLS = Path(__file__).parents[2] / "examples" / "calls"
CALL = json.loads((CALLS / "calls.jsonl").read_text().splitlines()[0])
RECORDING = (CALL["file"], (CALLS / CALL["file"]).read_bytes())


def test_a_call_is_written_down(client: openai.OpenAI) -> None:
    found = client.audio.transcriptions.create(model="whisper", file=RECORDING)
    said = set(CALL["text"].lower().replace(".", "").replace("?", "").split())
    heard = set(found.text.lower().replace(".", "").replace("?", "").split())
    assert len(said & heard) >= 0.7 * len(said), found.text


def test_words_have_times_in_order(client: openai.OpenAI) -> None:
    found = client.audio.transcriptions.create(
        model="whisper",
        file=RECORDING,
        response_format="verbose_json",
        timestamp_granularities=["word"],
    )
    assert found.words
    assert all(word.start <= word.end <= found.duration + 0.5 for word in found.words)
    assert [w.start for w in found.words] == sorted(w.start for w in found.words)


@pytest.mark.parametrize(
    ("wanted", "start"), [("text", ""), ("srt", "1\n00:00:0"), ("vtt", "WEBVTT\n")]
)
def test_plain_formats(client: openai.OpenAI, wanted: str, start: str) -> None:
    found = client.audio.transcriptions.create(
        model="whisper", file=RECORDING, response_format=wanted
    )
    assert isinstance(found, str)
    assert found.startswith(start)
    assert len(found) > len(start)


def test_five_seconds_of_silence_invent_no_word(client: openai.OpenAI) -> None:
    found = client.audio.transcriptions.create(model="whisper", file=("s.wav", _silence(5)))
    assert found.text == ""


@pytest.mark.parametrize("audio", [b"", b"this is no audio at all"])
def test_no_audio_is_said(client: openai.OpenAI, audio: bytes) -> None:
    with pytest.raises(openai.BadRequestError) as error:
        client.audio.transcriptions.create(model="whisper", file=("a.wav", audio))
    assert error.value.code == "invalid_audio"


def test_a_pipeline_hears_an_input_audio_part(client: openai.OpenAI, knowledge: None) -> None:
    audio = base64.b64encode(RECORDING[1]).decode()
    part = {"type": "input_audio", "input_audio": {"data": audio, "format": "wav"}}
    answer = client.chat.completions.create(
        model="pipeline/support",
        messages=[{"role": "user", "content": [part]}],
        extra_body={"route": {"inputs": {"customer_id": CALL["customer_id"]}}},
    )
    route = answer.model_extra["route"]
    steps = {step["name"]: step for step in route["steps"]}
    assert steps["transcribe"]["engine"] == "whisper"
    assert steps["transcribe"]["status"] == "succeeded"
    assert steps["draft"]["engine"] == "vllm"
    assert route["label"]["level"] == "CONFIDENTIAL"
    assert route["label"]["categories"] == ["pii"]
    assert answer.choices[0].message.content


def _silence(seconds: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\0\0" * 16_000 * seconds)
    return buffer.getvalue()
