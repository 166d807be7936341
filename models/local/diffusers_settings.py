"""How a diffusers pipeline is run."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class DiffusersSettings(BaseModel):
    """Settings of one engine, `engine:` of a catalog row.

    A picture takes `steps` steps of the scheduler. `guidance` None is the pipeline's own. Sizes are
    in pixels, `size` is that of a request without one, and no side may pass `largest`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: Literal["cpu", "cuda"] = "cpu"
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    steps: int = Field(25, ge=1, le=200)
    guidance: float | None = Field(None, ge=0)
    size: str = Field("512x512", pattern=r"^[1-9]\d{1,3}x[1-9]\d{1,3}$")
    largest: int = Field(1536, ge=16, le=4096)
    multiple: int = Field(8, ge=1, le=64)
