"""The FAISS index: replacing, selecting, dumping, and both ways of keeping to allowed keys."""

from __future__ import annotations

from typing import Any

import numpy as np

from retrieval.index import IndexOptions, VectorIndex, load
from retrieval.passages import Keys

DIM = 16
_NONE = np.empty(0, np.int64)
_SCAN, _DIRECT = IndexOptions(direct_limit=0), IndexOptions(direct_limit=10**6)


def _vectors(count: int, seed: int = 1) -> Any:
    drawn = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def _filled(count: int, options: IndexOptions) -> tuple[VectorIndex, Any, Keys]:
    index, vectors = VectorIndex(DIM, options), _vectors(count)
    keys = np.arange(100, 100 + count, dtype=np.int64)
    index.replace(_NONE, keys, vectors)
    return index, vectors, keys


def test_nearest_first_and_exact() -> None:
    index, vectors, keys = _filled(200, _SCAN)
    query = _vectors(1, seed=2)[0]
    found = index.search(query, 10)
    assert [key for key, _ in found] == keys[np.argsort(-(vectors @ query))[:10]].tolist()


def test_both_ways_give_the_same_among_allowed() -> None:
    scanning, _, keys = _filled(200, _SCAN)
    direct, _, _ = _filled(200, _DIRECT)
    query, allowed = _vectors(1, seed=2)[0], keys[::7]
    one, other = scanning.search(query, 5, allowed), direct.search(query, 5, allowed)
    assert [key for key, _ in one] == [key for key, _ in other]
    np.testing.assert_allclose([s for _, s in one], [s for _, s in other], atol=1e-5)
    assert {key for key, _ in one} <= set(allowed.tolist())


def test_fewer_than_k_are_no_error() -> None:
    for options in (_SCAN, _DIRECT):
        index, _, keys = _filled(3, options)
        query = _vectors(1)[0]
        assert len(index.search(query, 10)) == 3
        assert len(index.search(query, 10, keys[:2])) == 2
        assert index.search(query, 10, _NONE) == ()


def test_key_written_twice_stands_once() -> None:
    index, vectors, keys = _filled(5, _SCAN)
    index.replace(_NONE, keys[:2], _vectors(2, seed=3))
    assert index.keys().tolist() == keys.tolist()
    assert index.search(vectors[0], 1)[0].score < 0.999


def test_removed_keys_are_gone() -> None:
    index, vectors, keys = _filled(5, _SCAN)
    assert index.search(vectors[0], 1)[0].chunk_pk == keys[0]
    index.replace(keys[:1], _NONE, np.empty((0, DIM), np.float32))
    assert keys[0] not in {key for key, _ in index.search(vectors[0], 5)}


def test_dump_and_load() -> None:
    index, vectors, keys = _filled(20, _SCAN)
    loaded = load(index.dump(), _SCAN)
    assert loaded.keys().tolist() == keys.tolist()
    assert loaded.search(vectors[3], 3) == index.search(vectors[3], 3)
