"""A transcriber that decodes what it is given and then hears what a script says."""

from __future__ import annotations

import asyncio
import io
import math
import struct
import wave
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from models.audio import RATE, decode
from models.deadline import Deadline
from models.messages import Segment, Transcript, TranscriptionRequest, Word


@dataclass
class Hearing:
    """Two segments, split at the first full stop; no text is silence, a fault is raised."""

    text: str = "My order number is four two one seven. When do I get my refund?"
    calls: list[TranscriptionRequest] = field(default_factory=list)
    fault: Exception | None = None
    gate: asyncio.Event | None = None

    async def transcribe(self, request: TranscriptionRequest, deadline: Deadline) -> Transcript:
        self.calls.append(request)
        if self.fault is not None:
            raise self.fault
        samples = await asyncio.to_thread(
            decode, request.audio, longest=request.longest, param=request.param
        )
        seconds = len(samples) / RATE
        first, dot, rest = self.text.partition(". ")
        texts = [part for part in (first + dot.strip(), rest) if part]
        span = seconds / max(1, len(texts))
        segments = tuple(
            _segment(number, text, number * span, span, request.words)
            for number, text in enumerate(texts)
        )
        return Transcript(self.text, segments, request.language or "en", seconds)

    async def stream(
        self, request: TranscriptionRequest, deadline: Deadline
    ) -> AsyncGenerator[Segment | Transcript, None]:
        heard = await self.transcribe(request, deadline)
        for segment in heard.segments:
            yield segment
            if self.gate is not None:
                await self.gate.wait()
        yield heard


def _segment(number: int, text: str, start: float, span: float, with_words: bool) -> Segment:
    words = text.split() if with_words else []
    each = span / max(1, len(words))
    timed = tuple(
        Word(word, start + n * each, start + (n + 1) * each, 0.9) for n, word in enumerate(words)
    )
    return Segment(number, start, start + span, text, tokens=(1, 2, 3), words=timed)


def tone(seconds: float = 2.0) -> bytes:
    """A WAV file, 16 kHz mono, with a tone in it."""
    frames = (
        int(8000 * math.sin(2 * math.pi * 440 * n / RATE)) for n in range(int(seconds * RATE))
    )
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(b"".join(struct.pack("<h", frame) for frame in frames))
    return file.getvalue()
