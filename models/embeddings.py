"""Embeddings: the request and the vectors that come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts to embed; `purpose` picks the model's query or document prefix."""

    model: str
    texts: tuple[str, ...]
    purpose: Literal["query", "document"] = "document"
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class EmbedderIdentity:
    """What makes two embeddings comparable; an index refuses any other."""

    model: str
    digest: str
    dim: int
    normalised: bool
    query_prefix: str = ""
    document_prefix: str = ""
    max_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Embeddings:
    """`vectors` has shape (texts, dim), float32; `tokens` counts what the model read."""

    vectors: Vectors
    tokens: int
    identity: EmbedderIdentity
