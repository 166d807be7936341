"""How a faster-whisper model is run; the defaults suit a large model on one machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WhisperSettings:
    """Settings of one engine.

    `workers` transcriptions run at once, `threads` on each. Speech is cut where nobody speaks for
    `pause` seconds; stretches no more than `join` seconds apart are heard together while they fit
    the model's window. A segment is dropped when the model holds it for no speech with more than
    `no_speech` and its mean log probability is below `least_logprob`.
    """

    device: str = "cpu"
    compute_type: str = "default"
    threads: int = 2
    workers: int = 1
    beam: int = 5
    batch: int = 4
    max_tokens: int = 200
    longest: float = 4 * 3600.0
    vad_threshold: float = 0.5
    pause: float = 0.3
    pad: float = 0.2
    join: float = 1.0
    no_speech: float = 0.6
    least_logprob: float = -1.0
