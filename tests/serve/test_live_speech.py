"""Live speech through the real front: HAProxy, gateway, Whisper's replica, and `podium talk`."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import openai
import pytest

from models.audio import decode
from tests.serve.instance import Instance, command, environment

CALLS = Path(__file__).parents[2] / "examples" / "calls"
CALL = json.loads((CALLS / "calls.jsonl").read_text().splitlines()[0])
RATE, PIECE = 24_000, 4800
TRANSCRIPTION = "conversation.item.input_audio_transcription"
PATIENCE_S = 60.0
# Words that stand before the caller has finished.
EARLY = 5
# The client opens its connection in a way that its WebSocket library calls old.
pytestmark = pytest.mark.filterwarnings("ignore:connect.. must be used as a context manager")


def _sound(seconds: float | None = None) -> bytes:
    samples = decode((CALLS / CALL["file"]).read_bytes(), rate=RATE)
    sound = np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    return sound if seconds is None else sound[: round(seconds * RATE) * 2]


def _plain(text: str) -> set[str]:
    return set(text.lower().replace(".", "").replace("?", "").split())


class Speaker(threading.Thread):
    """Speaks as fast as people do; however slow the machine is, it ends after `enough` was heard.

    `ends` is set before the last piece is spoken.
    """

    def __init__(self, line: Any, sound: bytes) -> None:
        super().__init__()
        self.enough, self.ends = threading.Event(), threading.Event()
        self._line, self._sound = line, sound

    def run(self) -> None:
        for start in range(0, len(self._sound), PIECE):
            if start + PIECE >= len(self._sound):
                self.enough.wait(PATIENCE_S)
                self.ends.set()
            piece = base64.b64encode(self._sound[start : start + PIECE]).decode()
            self._line.input_audio_buffer.append(audio=piece)
            time.sleep(0.1)
        self._line.input_audio_buffer.commit()


def test_words_stand_before_the_last_piece_is_spoken(client: openai.OpenAI) -> None:
    with client.realtime.connect(extra_query={"intent": "transcription"}) as line:
        speaking = Speaker(line, _sound())
        speaking.start()
        words, early, heard, last = "", "", "", ""
        while not last or last != heard:
            event = json.loads(line._connection.recv(timeout=PATIENCE_S))
            assert event["type"] != "error", event
            if event["type"] == f"{TRANSCRIPTION}.delta":
                words += event["delta"]
                if not speaking.ends.is_set():
                    early = words
                if len(words.split()) >= EARLY:
                    speaking.enough.set()
            elif event["type"] == "input_audio_buffer.committed":
                last = event["item_id"]
            elif event["type"] == f"{TRANSCRIPTION}.completed":
                heard = event["item_id"]
            if not speaking.is_alive() and last == heard != "":
                break
        speaking.join()
    assert len(early.split()) >= EARLY
    assert len(_plain(words) & _plain(CALL["text"])) >= 0.7 * len(_plain(CALL["text"]))


def test_a_transcript_streams_through_the_front(client: openai.OpenAI) -> None:
    file = (CALL["file"], (CALLS / CALL["file"]).read_bytes())
    events = list(client.audio.transcriptions.create(model="whisper", file=file, stream=True))
    deltas = [event.delta for event in events if event.type == "transcript.text.delta"]
    assert len(deltas) > 1
    assert "".join(deltas) == events[-1].text


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_the_reference_model_says_that_it_cannot_translate(client: openai.OpenAI) -> None:
    file = (CALL["file"], (CALLS / CALL["file"]).read_bytes())
    with pytest.raises(openai.BadRequestError) as caught:
        client.audio.translations.create(model="whisper", file=file)
    assert (caught.value.code, caught.value.param) == ("unsupported_parameter", "model")


@pytest.mark.usefixtures("knowledge")
def test_talking_shows_words_then_the_answer(podium: Instance) -> None:
    words = ("talk", "--audio", str(CALLS / CALL["file"]), "--customer", CALL["customer_id"])
    done = subprocess.run(
        command(*words, "--json", "--home", str(podium.home)),
        capture_output=True,
        text=True,
        timeout=120,
        env=environment({}),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["type"] for event in events]
    first_answer = kinds.index("podium.run")
    assert kinds.index(f"{TRANSCRIPTION}.delta") < kinds.index("input_audio_buffer.speech_stopped")
    assert kinds.index(f"{TRANSCRIPTION}.completed") < first_answer
    runs = [event["event"] for event in events if event["type"] == "podium.run"]
    assert [run["type"] for run in runs].count("reply.delta") >= 1
    result = runs[-1]["run"]
    assert result["status"] == "succeeded"
    assert result["sources"]
    assert "customer_audio" in result["label"]["categories"]
