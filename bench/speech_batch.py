"""Whole recordings through Podium and through faster-whisper alone, turn by turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openai

from bench.servers import Server

MODEL = "whisper"


@dataclass(frozen=True, slots=True)
class Pair:
    """One recording by both sides in one round, seconds."""

    call: str
    round: int
    bare: float
    podium: float
    same_text: bool


class PodiumSpeech:
    """The official client on a running Podium."""

    def __init__(self, server: Server) -> None:
        self._client = openai.OpenAI(
            base_url=f"{server.url}/v1", api_key=server.key, max_retries=0, timeout=300.0
        )

    def transcribe(self, path: Path) -> str:
        """The text alone."""
        file = ("call.wav", path.read_bytes())
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
    path: Path, number: int, bare: Callable[[Path], str], podium: Callable[[Path], str]
) -> Pair:
    """Both sides over one recording; who goes first alternates."""
    sides = {"bare": bare, "podium": podium}
    order = list(sides) if number % 2 == 0 else list(sides)[::-1]
    took: dict[str, float] = {}
    text: dict[str, str] = {}
    for side in order:
        started = time.perf_counter()
        text[side] = sides[side](path)
        took[side] = time.perf_counter() - started
    return Pair(path.name, number, took["bare"], took["podium"], text["bare"] == text["podium"])
