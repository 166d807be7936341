"""The vector index: FAISS, exact inner product, in memory; imported here only.

IDMap2 takes a key twice without complaint, so a change removes before it adds, under one lock.
Flat rather than HNSW: it deletes, and it never returns what a selector forbids (faiss#5504 is
about HNSW); what it returns is checked against SQL all the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.embeddings import Vectors
from retrieval.passages import Keys
from retrieval.scored import Scored

SelectorFactory = Callable[[Keys], Any]


def batch_selector(allowed: Keys) -> Any:
    """FAISS's own selector of a set of keys."""
    import faiss

    return faiss.IDSelectorBatch(allowed)


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How allowed keys are kept to: up to `direct_limit` of them are scored one by one."""

    selector: SelectorFactory = batch_selector
    direct_limit: int = 1024


class VectorIndex:
    """Unit vectors by chunk key; every method is safe to call from several threads."""

    def __init__(self, dim: int, options: IndexOptions, index: Any = None) -> None:
        import faiss

        # More threads than cores in the deployment only wait for each other.
        faiss.omp_set_num_threads(1)
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dim)) if index is None else index
        self._options = options
        self._lock = threading.Lock()

    def keys(self) -> Keys:
        """The keys held, rising."""
        import faiss

        with self._lock:
            return np.sort(faiss.vector_to_array(self._index.id_map))

    def replace(self, removed: Keys, added: Keys, vectors: Vectors) -> None:
        """Take out `removed` and whatever stands under `added`, then add."""
        with self._lock:
            self._index.remove_ids(np.concatenate([removed, added]).astype(np.int64))
            if len(added):
                self._index.add_with_ids(np.ascontiguousarray(vectors), added)

    def search(self, vector: Vectors, k: int, allowed: Keys | None = None) -> tuple[Scored, ...]:
        """The `k` nearest among `allowed`, or among all when None."""
        with self._lock:
            if allowed is not None and len(allowed) <= self._options.direct_limit:
                return self._direct(vector, k, allowed)
            return self._scan(vector, k, allowed)

    def dump(self) -> bytes:
        """The index as FAISS writes it."""
        import faiss

        with self._lock:
            return bytes(faiss.serialize_index(self._index))

    def _direct(self, vector: Vectors, k: int, allowed: Keys) -> tuple[Scored, ...]:
        if not len(allowed):
            return ()
        scores = self._index.reconstruct_batch(allowed) @ vector
        best = np.argsort(-scores, kind="stable")[:k]
        return tuple(Scored(int(allowed[at]), float(scores[at])) for at in best)

    def _scan(self, vector: Vectors, k: int, allowed: Keys | None) -> tuple[Scored, ...]:
        import faiss

        params: Any = None
        if allowed is not None:
            params = faiss.SearchParameters()
            selector = self._options.selector(allowed)
            params.sel = selector  # FAISS keeps no reference: the local one must outlive the search
        scores, keys = self._index.search(vector[np.newaxis], k, params=params)
        found = zip(keys[0].tolist(), scores[0].tolist(), strict=True)
        return tuple(Scored(key, score) for key, score in found if key >= 0)


def load(dumped: bytes, options: IndexOptions) -> VectorIndex:
    """The index of what `dump` gave."""
    import faiss

    index: Any = faiss.deserialize_index(np.frombuffer(dumped, dtype=np.uint8))
    return VectorIndex(index.d, options, index)
