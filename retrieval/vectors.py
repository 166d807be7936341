"""Vectors as they are stored and compared: float32, little endian, of length one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.embeddings import Vectors


def unit(vectors: Vectors) -> Vectors:
    """Rows scaled to length one, so that an inner product is a cosine; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.ascontiguousarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def to_blob(vector: Vectors) -> bytes:
    """One vector as it stands in SQL."""
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()


def from_blobs(blobs: Sequence[bytes], dim: int) -> Vectors:
    """Shape (blobs, dim)."""
    joined = np.frombuffer(b"".join(blobs), dtype="<f4")
    return joined.astype(np.float32).reshape(len(blobs), dim)
