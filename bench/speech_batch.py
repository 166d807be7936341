"""Whole recordings through Podium and through faster-whisper alone, turn by turn."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai
from faster_whisper import BatchedInferencePipeline
from faster_whisper.audio import decode_audio
from faster_whisper.vad import VadOptions, get_speech_timestamps

from bench.servers import Server
from models.catalog import builtin_catalog, load_catalog
from models.local.speech_clips import Clip, join_clips
from models.local.whisper import load_whisper
from models.local.whisper_settings import WhisperSettings
from models.weights import weights_folder

MODEL = "whisper"
_RATE = 16_000


@dataclass(frozen=True, slots=True)
class Pair:
    """One recording by both sides in one round, seconds."""

    call: str
    round: int
    bare: float
    podium: float
    same_text: bool


def bare_transcriber() -> Callable[[bytes], str]:
    """faster-whisper with the catalog's weights and settings, called as its own users call it."""
    card = load_catalog([builtin_catalog()]).card(MODEL)
    settings = WhisperSettings.model_validate(card.engine)
    whisper = load_whisper(card.id, weights_folder(card), settings)
    pipeline = BatchedInferencePipeline(whisper)
    window = float(whisper.feature_extractor.chunk_length)
    options = VadOptions(
        threshold=settings.vad_threshold,
        min_silence_duration_ms=round(1000 * settings.pause),
        speech_pad_ms=round(1000 * settings.pad),
        max_speech_duration_s=window,
    )

    def transcribe(audio: bytes) -> str:
        samples = decode_audio(io.BytesIO(audio))
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


class PodiumSpeech:
    """The official client on a running Podium."""

    def __init__(self, server: Server) -> None:
        self._client = openai.OpenAI(
            base_url=f"{server.url}/v1", api_key=server.key, max_retries=0, timeout=300.0
        )

    def transcribe(self, audio: bytes) -> str:
        """The text alone."""
        file = ("call.wav", audio)
        return self._client.audio.transcriptions.create(model=MODEL, file=file).text

    def words(self, path: Path) -> list[tuple[str, float]]:
        """Each word with the second at which it has been spoken."""
        found: Any = self._client.audio.transcriptions.create(
            model=MODEL,
            file=(path.name, path.read_bytes()),
            response_format="verbose_json",
            timestamp_granularities=["word"],
        )
        return [(word.word, float(word.end)) for word in found.words or ()]


def pair(
    name: str, audio: bytes, number: int, bare: Callable[[bytes], str], podium: PodiumSpeech
) -> Pair:
    """Both sides over one recording; who goes first alternates."""
    sides: dict[str, Callable[[bytes], str]] = {"bare": bare, "podium": podium.transcribe}
    order = list(sides) if number % 2 == 0 else list(sides)[::-1]
    took: dict[str, float] = {}
    text: dict[str, str] = {}
    for side in order:
        started = time.perf_counter()
        text[side] = sides[side](audio)
        took[side] = time.perf_counter() - started
    return Pair(name, number, took["bare"], took["podium"], text["bare"] == text["podium"])
