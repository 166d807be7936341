"""Messages of live speech: pieces of a line's audio, and clips to write down."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class AudioFormat(StrEnum):
    """How the bytes of a line are coded; mono, little-endian."""

    PCM16 = "audio/pcm"
    ULAW = "audio/pcmu"
    ALAW = "audio/pcma"

    @property
    def rate(self) -> int:
        """Samples a second."""
        return 24_000 if self is AudioFormat.PCM16 else 8_000

    @property
    def sample_bytes(self) -> int:
        """Bytes a sample."""
        return 2 if self is AudioFormat.PCM16 else 1


@dataclass(frozen=True, slots=True)
class EarState:
    """What the next piece of a line needs of those before it: a few kilobytes, not to be read.

    `pending` is sound that did not fill a sample, `tail` what the resampler must see again, `rest`
    samples that did not fill a frame, `memory` the voice detector's.
    """

    pending: bytes = field(default=b"", repr=False)
    tail: bytes = field(default=b"", repr=False)
    rest: bytes = field(default=b"", repr=False)
    memory: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Piece:
    """Audio of one line as it came, and the state that the piece before it left."""

    model: str
    audio: bytes = field(repr=False)
    format: AudioFormat = AudioFormat.PCM16
    state: EarState = EarState()


@dataclass(frozen=True, slots=True)
class Listened:
    """Whole frames of 512 samples at 16 kHz, 16 bits, and in each the probability of speech."""

    samples: bytes = field(repr=False)
    speech: tuple[float, ...]
    state: EarState


@dataclass(frozen=True, slots=True)
class SpokenClip:
    """16 kHz mono 16-bit samples of somebody speaking, no longer than the model's window.

    `final` asks for the best the model can; without it, for a quick guess at what was said so far.
    """

    model: str
    samples: bytes = field(repr=False)
    final: bool
    language: str | None = None
    prompt: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HeardClip:
    """What was said in a clip; empty when it was no speech.

    `engine_seconds` is how long an engine worked for it.
    """

    text: str = field(repr=False)
    language: str
    engine_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class LiveTraits:
    """How a model wants to hear a line; times in seconds, see WhisperSettings."""

    threshold: float
    pause: float
    pad: float
    longest: float
