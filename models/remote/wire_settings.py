"""What a row of the catalog may set about any server outside."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class WireSettings(BaseModel):
    """Bounds on one exchange, sizes in bytes and times in seconds.

    `also_returns` names further models that the provider may say it ran; without it that must be
    the one asked for, or a dated version of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    connect_s: float = Field(default=10.0, gt=0)
    silence_s: float = Field(default=120.0, gt=0)
    request_bytes: int = Field(default=24 * 1024 * 1024, ge=1024)
    response_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
    also_returns: tuple[str, ...] = ()
