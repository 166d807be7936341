"""What an operator may say about one engine of transformers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TransformersSettings(BaseModel):
    """Settings of one local chat model on transformers; it answers `max_num_seqs` at a time.

    `device` is torch's name for where it runs, such as cpu, cuda or mps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: str = "cpu"
    max_model_len: int | None = Field(default=None, ge=64)
    max_num_seqs: int = Field(default=1, ge=1)
    prefill_tokens: int = Field(default=512, ge=1)
    threads: int = Field(default=1, ge=1)
