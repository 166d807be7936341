"""How a faster-whisper model is run; the defaults suit a large model on one machine."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class WhisperSettings(BaseModel):
    """Settings of one engine, `engine:` of a catalog row.

    `workers` transcriptions run at once, `threads` on each. Speech is cut where nobody speaks for
    `pause` seconds; stretches less than `join` seconds apart are heard together while they fit
    the model's window. A segment is dropped when the model holds it for no speech with more than
    `no_speech` and its mean log probability is below `least_logprob`. `short_windows` is for models
    trained on audio cut to its length: live clips are then not filled up to the whole window.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: Literal["cpu", "cuda", "auto"] = "cpu"
    compute_type: str = "default"
    threads: int = Field(2, ge=1)
    workers: int = Field(1, ge=1)
    beam: int = Field(5, ge=1)
    batch: int = Field(4, ge=1)
    max_tokens: int = Field(200, ge=1, le=440)
    longest: float = Field(4 * 3600.0, gt=0)
    vad_threshold: float = Field(0.5, gt=0, lt=1)
    pause: float = Field(0.3, gt=0)
    pad: float = Field(0.2, ge=0)
    join: float = Field(1.0, ge=0)
    no_speech: float = Field(0.6, ge=0, le=1)
    least_logprob: float = -1.0
    short_windows: bool = False
