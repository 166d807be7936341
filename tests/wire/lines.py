"""Live lines without a model: loud is speech, and the longer a clip the more of a text is heard."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np

from models.deadline import Deadline
from models.live import AudioFormat, HeardClip, Listened, LiveTraits, Piece, SpokenClip
from models.local.live_ear import Detected, Floats, listen
from models.telephony import decode_line

WORDS_A_SECOND = 3.0
SAID = "My order number is four two one seven and I want my money back now please"


@dataclass
class LiveHearing:
    """A LiveTranscriber; `gate` holds every clip back, `fault` is raised, `said` is what is heard.

    Its engine works for `works` seconds on every clip.
    Decoding and resampling are the real ones.
    """

    said: str = SAID
    fault: Exception | None = None
    gate: asyncio.Event | None = None
    clips: list[SpokenClip] = field(default_factory=list)
    works: float = 0.25
    waiting: int = 0
    stopped: int = 0

    async def listen(self, piece: Piece, deadline: Deadline) -> Listened:
        return listen(piece, _loud)

    async def hear(self, clip: SpokenClip, deadline: Deadline) -> HeardClip:
        self.clips.append(clip)
        if self.fault is not None:
            raise self.fault
        self.waiting += 1
        try:
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        finally:
            self.waiting -= 1
        seconds = len(clip.samples) / 32_000
        text = " ".join(self.said.split()[: round(seconds * WORDS_A_SECOND)])
        return HeardClip(text, "en", engine_seconds=self.works)

    def traits(self) -> LiveTraits:
        return LiveTraits(threshold=0.5, pause=0.16, pad=0.1, longest=7.0)


def _loud(frames: Floats, hidden: Floats, cell: Floats) -> Detected:
    loud = np.sqrt(np.mean(frames**2, axis=1)) > 0.05
    return Detected(np.where(loud, 0.95, 0.02).astype(np.float32), hidden, cell)


def sound(seconds: float, level: float = 0.3, format: AudioFormat = AudioFormat.PCM16) -> bytes:
    """A tone, or silence at level 0, coded for a line."""
    time = np.arange(round(seconds * format.rate)) / format.rate
    samples = np.rint(level * 32767 * np.sin(2 * np.pi * 300 * time)).astype("<i2")
    if format is AudioFormat.PCM16:
        return samples.tobytes()
    table = decode_line(bytes(range(256)), format).astype(int)
    order = np.argsort(table)
    near = np.clip(np.searchsorted(table[order], samples), 0, 255)
    return order[near].astype(np.uint8).tobytes()
