"""What an operator may say about one model that Ray Serve LLM serves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.local.vllm_settings import VllmSettings


class RayLlmSettings(VllmSettings):
    """vLLM's engine arguments, and how one copy is spread over nodes.

    With `prefill_replicas` prompts are read by engines of their own, which hand their key-value
    cache to those that write the answers; each of both kinds takes the row's `num_gpus`.
    """

    pipeline_parallel_size: int = Field(default=1, ge=1)
    spread: Literal["PACK", "SPREAD", "STRICT_PACK", "STRICT_SPREAD"] = "PACK"
    accelerator_type: str | None = None
    prefill_replicas: int = Field(default=0, ge=0)
    kv_connector: str = "NixlConnector"

    @property
    def workers(self) -> int:
        """Processes that compute one copy, a GPU each."""
        return self.tensor_parallel_size * self.pipeline_parallel_size
