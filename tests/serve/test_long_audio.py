"""Half an hour of speech in one upload: answered or refused by its code, in bounded memory."""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import numpy as np
import psutil
import pytest

from deployments.chaos.victims import replica
from tests.serve.instance import Instance

CALLS = Path(__file__).parents[2] / "examples" / "calls"
MIB = 1 << 20
# Decoded it takes 110 MiB as 32-bit floats; a few copies of that are allowed at once.
MOST_MIB = 1024


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("minutes", "rate", "allowed"), [(30, 8000, (200, 504)), (61, 4000, (413,))]
)
def test_it_is_answered_or_refused_in_bounded_memory(
    podium: Instance, http: httpx2.Client, minutes: int, rate: int, allowed: tuple[int, ...]
) -> None:
    with _highest(podium) as highest:
        answer = http.post(
            "/v1/audio/transcriptions",
            data={"model": "whisper"},
            files={"file": ("call.wav", _speech(minutes, rate), "audio/wav")},
            timeout=400,
        )
    print(f"\n{minutes} min: {answer.status_code} in {answer.elapsed}, at most {highest} MiB more")
    assert answer.status_code in allowed, answer.text[:300]
    if answer.status_code == 200:
        assert len(answer.json()["text"].split()) > 20 * minutes
    else:
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        if answer.status_code == 413:
            assert (error["code"], error["param"]) == ("request_too_large", "file")
            assert "3600 s" in error["message"], "it is `audio_seconds` that refuses"
    assert max(highest.values()) < MOST_MIB
    assert http.get("/readyz").status_code == 200


def _speech(minutes: int, rate: int) -> bytes:
    """The example calls again and again, 8-bit: an hour at 4 kHz is no file that is too large."""
    pieces = [_samples(path, rate) for path in sorted(CALLS.glob("*.wav"))[:20]]
    once = np.concatenate(pieces)
    samples = np.resize(once, minutes * 60 * rate)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def _samples(path: Path, rate: int) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    with wave.open(str(path)) as call:
        assert call.getsampwidth() == 2
        step = call.getframerate() // rate
        wide = np.frombuffer(call.readframes(call.getnframes()), dtype="<i2")[::step]
    return ((wide >> 8) + 128).astype(np.uint8)


@contextmanager
def _highest(podium: Instance) -> Iterator[dict[str, int]]:
    """By how many MiB the gateway and the speech model grew at most while inside."""
    found = {name: _process(podium, name) for name in ("Gateway", "Speech-whisper")}
    before = {name: one.memory_info().rss for name, one in found.items()}
    highest, stop = dict.fromkeys(found, 0), threading.Event()

    def watch() -> None:
        while not stop.wait(0.1):
            for name, one in found.items():
                grown = (one.memory_info().rss - before[name]) // MIB
                highest[name] = max(highest[name], grown)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield highest
    finally:
        stop.set()
        watcher.join()


def _process(podium: Instance, name: str) -> psutil.Process:
    found = replica(podium.pid, name)
    assert found is not None, f"no replica of {name}"
    return found
