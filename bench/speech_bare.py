"""faster-whisper alone, in a process of its own: `python -m bench.speech_bare`.

It reads a recording's path a line and answers with its text, both as JSON. Nothing but the library
is loaded, with as many threads as Podium's engine has, so that neither side carries the other.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from faster_whisper import BatchedInferencePipeline
from faster_whisper.audio import decode_audio
from faster_whisper.vad import VadOptions, get_speech_timestamps

from models.catalog import ModelCard, builtin_catalog, load_catalog
from models.errors import InternalError
from models.local.speech_clips import Clip, join_clips
from models.local.whisper import load_whisper
from models.local.whisper_settings import WhisperSettings
from models.weights import weights_folder

MODEL = "whisper"
_RATE = 16_000
_STOP_S = 5.0
_NICER = 5


def card_and_settings() -> tuple[ModelCard, WhisperSettings]:
    """The catalog's row of the measured model."""
    card = load_catalog([builtin_catalog()]).card(MODEL)
    return card, WhisperSettings.model_validate(card.engine)


def bare_transcriber() -> Callable[[Path], str]:
    """faster-whisper with the catalog's weights and settings, called as its own users call it."""
    card, settings = card_and_settings()
    whisper = load_whisper(card.id, weights_folder(card), settings)
    pipeline = BatchedInferencePipeline(whisper)
    window = float(whisper.feature_extractor.chunk_length)
    options = VadOptions(
        threshold=settings.vad_threshold,
        min_silence_duration_ms=round(1000 * settings.pause),
        speech_pad_ms=round(1000 * settings.pad),
        max_speech_duration_s=window,
    )

    def transcribe(path: Path) -> str:
        samples = decode_audio(str(path))
        found = get_speech_timestamps(samples, options)
        speech = (Clip(one["start"] / _RATE, one["end"] / _RATE) for one in found)
        segments, _ = pipeline.transcribe(
            samples,
            clip_timestamps=[
                clip._asdict() for clip in join_clips(speech, window=window, gap=settings.join)
            ],
            batch_size=settings.batch,
            beam_size=settings.beam,
            temperature=[0.0],
            condition_on_previous_text=False,
            without_timestamps=True,
            max_new_tokens=settings.max_tokens,
        )
        return " ".join(segment.text.strip() for segment in segments)

    return transcribe


class BareSpeech:
    """The other end: the process as an object; nicer than us, as Podium's processes are."""

    def __init__(self) -> None:
        _, settings = card_and_settings()
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "bench.speech_bare"],
            env=os.environ | {"OMP_NUM_THREADS": str(settings.threads)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: os.nice(_NICER),
        )

    def transcribe(self, path: Path) -> str:
        """The text of a recording; raises InternalError when the process died."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise InternalError("The process of faster-whisper has no pipes.")
        stdin.write(json.dumps(str(path)) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise InternalError("The process of faster-whisper ended; see above why.")
        return str(json.loads(line))

    def stop(self) -> None:
        """End the process."""
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def main() -> int:
    """Write down what is asked for until stdin closes."""
    transcribe = bare_transcriber()
    for line in sys.stdin:
        print(json.dumps(transcribe(Path(json.loads(line)))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
