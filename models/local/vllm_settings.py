"""What an operator may say about one vLLM engine; the same numbers on CPU and GPU."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class VllmSettings(BaseModel):
    """Engine arguments of one local chat model.

    `kv_cache_gib` sizes the key-value cache; when None, vLLM takes its share of the machine (on a
    GPU by `gpu_memory_utilization`). `tool_parser` and `reasoning_parser` are names of vLLM's own
    parsers. `load_format: dummy` draws the weights: a measure of speed that answers nonsense.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    max_model_len: int | None = Field(default=None, ge=64)
    max_num_seqs: int = Field(default=32, ge=1)
    max_num_batched_tokens: int | None = Field(default=None, ge=64)
    block_size: int | None = Field(default=None, ge=1)
    enforce_eager: bool = False
    kv_cache_gib: float | None = Field(default=None, gt=0)
    gpu_memory_utilization: float = Field(default=0.9, gt=0, le=1)
    tensor_parallel_size: int = Field(default=1, ge=1)
    quantization: str | None = None
    load_format: Literal["auto", "dummy"] = "auto"
    threads: int = Field(default=1, ge=1)
    tool_parser: str | None = None
    reasoning_parser: str | None = None
    compact_json: bool = False
    seed: int = 0
