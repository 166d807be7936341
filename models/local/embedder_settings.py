"""How an embedder is run."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class EmbedderSettings(BaseModel):
    """Settings of one engine, `engine:` of a catalog row.

    Some models want words before every text: `query_prefix` and `document_prefix`. A `digest`
    that the weights do not have is refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    device: Literal["cpu", "cuda"] = "cpu"
    threads: int = Field(default=1, ge=1)
    batch_tokens: int = Field(default=4096, ge=1)
    query_prefix: str = ""
    document_prefix: str = ""
    digest: str | None = None
