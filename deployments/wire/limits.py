"""Limits on every input, refused before any work is done."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

LARGEST_BODY = 256 * 1024 * 1024


class Limits(BaseModel):
    """Sizes in bytes, characters, seconds or counts, as the names say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    body_bytes: int = Field(default=32 * 1024 * 1024, ge=1024, le=LARGEST_BODY)
    messages: int = Field(default=1024, ge=1)
    characters: int = Field(default=2_000_000, ge=1)
    choices: int = Field(default=4, ge=1)
    tools: int = Field(default=128, ge=1)
    stops: int = Field(default=16, ge=1)
    picture_bytes: int = Field(default=16 * 1024 * 1024, ge=1024, le=LARGEST_BODY // 2)
    pictures: int = Field(default=20, ge=1)
    embeddings_inputs: int = Field(default=2048, ge=1)
    audio_bytes: int = Field(default=25 * 1024 * 1024, ge=1024, le=LARGEST_BODY // 2)
    live_message_bytes: int = Field(default=1024 * 1024, ge=1024, le=16 * 1024 * 1024)
    audio_seconds: float = Field(default=3600.0, gt=0)
    request_seconds: float = Field(default=300.0, gt=0)
    body_pause_seconds: float = Field(default=20.0, gt=0)
    in_flight: int = Field(default=512, ge=1)
