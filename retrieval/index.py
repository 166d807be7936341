"""The vector index: FAISS inner product in memory, exact up to a size; imported here only.

IDMap2 takes a key twice without complaint, so a change removes before it adds, under one lock.
Flat rather than HNSW: it deletes, and it never returns what a selector forbids (faiss#5504 is
about HNSW); what it returns is checked against SQL all the same. An index too large to be read
whole for every query is clustered (IVF) when it is saved: it deletes and selects as well, reads
the nearest clusters only, and may miss a neighbour that lies in another.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.embeddings import Vectors
from retrieval.passages import Keys
from retrieval.scored import Scored

SelectorFactory = Callable[[Keys], Any]
# Of a clustered index: the share of clusters that is read for a query without a filter, the
# vectors a cluster that are looked at for making it, and how often they are shifted.
_PROBED = 0.06
_SEEN_EACH = 64
_SHIFTS = 6
_SEED = 7


def _faiss() -> Any:
    """FAISS without its types, which know little of its Python side."""
    import faiss

    return faiss


def batch_selector(allowed: Keys) -> Any:
    """FAISS's own selector of a set of keys, whatever they are."""
    faiss = _faiss()

    return faiss.IDSelectorBatch(allowed)


def bitmap_selector(allowed: Keys) -> Any:
    """A bit for each key up to the largest: quicker to ask, and keys are small and dense here."""
    faiss = _faiss()

    held = np.zeros(int(allowed.max()) + 1 if len(allowed) else 1, dtype=bool)
    held[allowed] = True
    bits = np.packbits(held, bitorder="little")
    selector = faiss.IDSelectorBitmap(bits)
    selector.kept = bits  # FAISS keeps no reference
    return selector


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """How allowed keys are kept to, and from which size on an index is clustered.

    Up to `direct_limit` allowed keys are scored one by one; up to `exact_limit` vectors in all are
    read whole for every query.
    """

    selector: SelectorFactory = bitmap_selector
    direct_limit: int = 1024
    exact_limit: int = 50_000


@dataclass(frozen=True, slots=True)
class Selection:
    """Keys that a search keeps to, made ready once for many searches."""

    keys: Keys
    selector: Any


class VectorIndex:
    """Unit vectors by chunk key; every method is safe to call from several threads."""

    def __init__(self, dim: int, options: IndexOptions, index: Any = None) -> None:
        faiss = _faiss()

        # More threads than cores in the deployment only wait for each other.
        faiss.omp_set_num_threads(1)
        self._index: Any = faiss.IndexIDMap2(faiss.IndexFlatIP(dim)) if index is None else index
        self._options = options
        self._lock = threading.Lock()

    @property
    def clusters(self) -> int:
        """How many clusters it has; 0 while it is exact."""
        return int(getattr(self._index, "nlist", 0))

    def keys(self) -> Keys:
        """The keys held, rising."""
        with self._lock:
            return np.sort(_keys(self._index))

    def replace(self, removed: Keys, added: Keys, vectors: Vectors) -> None:
        """Take out `removed` and whatever stands under `added`, then add."""
        with self._lock:
            self._index.remove_ids(np.concatenate([removed, added]).astype(np.int64))
            if len(added):
                self._index.add_with_ids(np.ascontiguousarray(vectors), added)

    def select(self, allowed: Keys) -> Selection:
        """These keys for `search`; good until any of them is taken out."""
        return Selection(allowed, self._options.selector(allowed))

    def search(
        self, vector: Vectors, k: int, allowed: Selection | Keys | None = None
    ) -> tuple[Scored, ...]:
        """The `k` nearest among `allowed`, or among all when None."""
        if allowed is not None and not isinstance(allowed, Selection):
            allowed = self.select(allowed)
        with self._lock:
            if allowed is not None and len(allowed.keys) <= self._options.direct_limit:
                return self._direct(vector, k, allowed.keys)
            return self._scan(vector, k, allowed)

    def settle(self) -> bool:
        """Cluster it if it has grown too large to be read whole; whether it changed.

        Takes seconds at 100,000 vectors. Searches go on meanwhile, changes must not.
        """
        with self._lock:
            size, held = int(self._index.ntotal), self.clusters
        wanted = clusters_for(size)
        if size <= self._options.exact_limit or wanted < 2 * max(1, held):
            return False
        with self._lock:
            keys = _keys(self._index)
            vectors = self._index.reconstruct_batch(keys)
        clustered = _clustered(keys, vectors, wanted)
        with self._lock:
            self._index = clustered
        return True

    def dump(self) -> bytes:
        """The index as FAISS writes it."""
        faiss = _faiss()

        with self._lock:
            return bytes(faiss.serialize_index(self._index))

    def _direct(self, vector: Vectors, k: int, allowed: Keys) -> tuple[Scored, ...]:
        if not len(allowed):
            return ()
        scores = self._index.reconstruct_batch(allowed) @ vector
        best = np.argsort(-scores, kind="stable")[:k]
        return tuple(Scored(int(allowed[at]), float(scores[at])) for at in best)

    def _scan(self, vector: Vectors, k: int, allowed: Selection | None) -> tuple[Scored, ...]:
        params = self._parameters(allowed)
        scores, keys = self._index.search(vector[np.newaxis], k, params=params)
        found = zip(keys[0].tolist(), scores[0].tolist(), strict=True)
        return tuple(Scored(key, score) for key, score in found if key >= 0)

    def _parameters(self, allowed: Selection | None) -> Any:
        """FAISS keeps no reference to a selector: the caller's selection outlives the search."""
        faiss = _faiss()

        selector = allowed.selector if allowed is not None else None
        if not self.clusters:
            return None if selector is None else faiss.SearchParameters(sel=selector)
        # As many of the allowed are looked at as would be of all: more clusters where fewer are.
        share = 1.0 if allowed is None else len(allowed.keys) / max(1, self._index.ntotal)
        probed = min(self.clusters, math.ceil(_PROBED * self.clusters / max(share, _PROBED)))
        return faiss.SearchParametersIVF(sel=selector, nprobe=probed)


def clusters_for(size: int) -> int:
    """The power of two nearest to 1.6 times the root of the size."""
    return int(2 ** round(math.log2(1.6 * math.sqrt(max(1, size)))))


def load(dumped: bytes, options: IndexOptions) -> VectorIndex:
    """The index of what `dump` gave."""
    faiss = _faiss()

    index: Any = faiss.deserialize_index(np.frombuffer(dumped, dtype=np.uint8))
    return VectorIndex(index.d, options, index)


def _keys(index: Any) -> Keys:
    faiss = _faiss()

    if not hasattr(index, "nlist"):
        held: Keys = faiss.vector_to_array(index.id_map)
        return held
    lists = index.invlists
    parts = [
        faiss.rev_swig_ptr(lists.get_ids(n), lists.list_size(n)).copy() for n in range(index.nlist)
    ]
    keys: Keys = np.concatenate(parts).astype(np.int64)
    return keys


def _clustered(keys: Keys, vectors: Vectors, clusters: int) -> Any:
    """An IVF index of the vectors themselves: no code shortens them, so that scores are exact."""
    faiss = _faiss()

    dim = vectors.shape[1]
    centres = faiss.IndexFlatIP(dim)
    index = faiss.IndexIVFFlat(centres, dim, clusters, faiss.METRIC_INNER_PRODUCT)
    index.own_fields = True
    centres.this.disown()
    index.cp.niter, index.cp.seed, index.cp.spherical = _SHIFTS, _SEED, True
    index.cp.max_points_per_centroid = _SEEN_EACH
    index.train(vectors)
    index.set_direct_map_type(faiss.DirectMap.Hashtable)
    index.add_with_ids(vectors, keys)
    return index
