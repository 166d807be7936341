"""Calls played on live lines at the speed of speech, and when each word came back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np

from bench.servers import Server
from deployments.cli.talk_line import talk
from deployments.cli.talk_sound import AFTER_S, PIECE, PIECE_S, RATE, read_sound
from deployments.cli.target import Target
from router.live.agreement import plain

_TRANSCRIPTION = "conversation.item.input_audio_transcription"
_PATIENCE_S = 120.0
# Softer than any speech of the recordings, louder than their noise.
_LOUD = 0.02


@dataclass(frozen=True, slots=True)
class Call:
    """A recording: its sound, when speech starts and ends in it, and when each word has ended."""

    name: str
    sound: bytes = field(repr=False)
    starts: float
    ends: float
    words: tuple[tuple[str, float], ...] = field(repr=False)


@dataclass(slots=True)
class Played:
    """What one line measured; seconds, `lags` of each committed word that has a known time.

    `stopped` and `final` count from the end of speech: when the silence was sure, and the text.
    """

    call: str
    lines: int
    round: int
    first_partial: float | None = None
    first_commit: float | None = None
    lags: list[float] = field(default_factory=list)
    stopped: float | None = None
    final: float | None = None
    committed: int = 0
    committed_before_end: int = 0
    revised: int = 0
    text: str = field(default="", repr=False)


def read_call(path: Path, words: list[tuple[str, float]]) -> Call:
    """The recording at `path`, whose words were timed by a transcription of all of it."""
    sound = read_sound(path)
    loud = np.flatnonzero(np.abs(np.frombuffer(sound, "<i2")) > _LOUD * 32767)
    return Call(path.name, sound, float(loud[0]) / RATE, float(loud[-1]) / RATE, tuple(words))


async def play_together(
    server: Server, calls: list[Call], lines: int, number: int, silence_ms: int
) -> list[Played]:
    """So many lines at once, each with a call of its own, started over a second."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                _play(server, calls[(number + line) % len(calls)], lines, number, silence_ms, line)
            )
            for line in range(lines)
        ]
    return [task.result() for task in tasks]


async def _play(
    server: Server, call: Call, lines: int, number: int, silence_ms: int, line: int
) -> Played:
    await asyncio.sleep(line / lines)
    found = Played(call.name, lines, number)
    watch = _Watch(call, found)
    sound = _paced(call.sound, watch)
    query = {"hypotheses": "true"}
    await talk(Target(server.url, server.key), query, silence_ms, sound, watch.take, _PATIENCE_S)
    found.lags = list(_lags(call, watch.words))
    return found


class _Watch:
    """Takes the time of every event, from the moment the recording's first sample is spoken."""

    def __init__(self, call: Call, found: Played) -> None:
        self._call = call
        self._found = found
        self.started = 0.0
        self.words: list[tuple[str, float]] = []

    def take(self, event: dict[str, Any]) -> None:
        now, kind, found = time.monotonic() - self.started, event["type"], self._found
        if kind in ("podium.hypothesis", f"{_TRANSCRIPTION}.delta") and event.get(
            "text", event.get("delta")
        ):
            found.first_partial = found.first_partial or now - self._call.starts
        if kind == f"{_TRANSCRIPTION}.delta":
            found.first_commit = found.first_commit or now - self._call.starts
            new = event["delta"].split()
            self.words += [(word, now) for word in new]
            found.committed += len(new)
            if now < len(self._call.sound) / (2 * RATE) - PIECE_S:
                found.committed_before_end += len(new)
        elif kind == "input_audio_buffer.speech_stopped":
            found.stopped = now - self._call.ends
        elif kind == f"{_TRANSCRIPTION}.completed" and event["transcript"]:
            found.final = now - self._call.ends
            found.revised += event["route"]["revised_words"]
            found.text = f"{found.text} {event['transcript']}".strip()


async def _paced(sound: bytes, watch: _Watch) -> AsyncGenerator[bytes, None]:
    whole = sound + bytes(round(AFTER_S * RATE) * 2)
    watch.started = time.monotonic()
    for number, at in enumerate(range(0, len(whole), PIECE)):
        due = watch.started + (number + 1) * PIECE_S
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        yield whole[at : at + PIECE]


def _lags(call: Call, shown: list[tuple[str, float]]) -> Iterator[float]:
    said = [plain(word) for word, _ in call.words]
    matcher = SequenceMatcher(None, said, [plain(word) for word, _ in shown], autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            yield shown[block.b + step][1] - call.words[block.a + step][1]
