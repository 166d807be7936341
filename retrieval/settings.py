"""What can be set for one collection."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Mode = Literal["dense", "lexical", "fused"]

MAX_HITS = 200


class HnswSettings(BaseModel):
    """How PostgreSQL's extension `vector` indexes and searches; of no use to FAISS.

    `m` and `ef_construction` are those of the index, which a collection keeps from its first
    document on; the rest holds from the next start.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    m: int = Field(default=16, ge=2, le=100)
    ef_construction: int = Field(default=64, ge=4, le=1000)
    ef_search: int = Field(default=100, ge=1, le=1000)
    max_scan_tuples: int = Field(default=20_000, ge=1)
    exact_limit: int = Field(default=1_024, ge=0)


class CollectionSettings(BaseModel):
    """How a collection is cut, searched and ranked; chunk sizes count estimated tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = "dense"
    k: int = Field(default=6, ge=1, le=MAX_HITS)
    chunk_tokens: int = Field(default=200, ge=16, le=4096)
    overlap: float = Field(default=0.175, ge=0.0, le=0.5)
    split_headings: bool = False
    """Every section its own chunk: for documents of one short fact a heading."""
    rrf_k: int = Field(default=60, ge=1, le=1000)
    dense_weight: float = Field(default=0.5, ge=0.0, le=1.0)
    """What the dense ranking counts in the fusion; the lexical one counts the rest."""
    depth: int = Field(default=50, ge=1, le=1000)
    """How many candidates each ranking gives to the fusion."""

    @property
    def weights(self) -> tuple[float, float]:
        """What the dense and the lexical ranking count, in sum two."""
        return 2 * self.dense_weight, 2 * (1 - self.dense_weight)
