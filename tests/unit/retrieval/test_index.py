"""The FAISS index: replacing, selecting, dumping, and both ways of keeping to allowed keys."""

from __future__ import annotations

from typing import Any

import numpy as np

from retrieval.index import IndexOptions, VectorIndex, batch_selector, clusters_for, load
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


_LARGE = IndexOptions(direct_limit=0, exact_limit=500)


def _clouds(count: int, options: IndexOptions) -> tuple[VectorIndex, Any, Keys]:
    """Vectors around twenty centres."""
    index, near = VectorIndex(DIM, options), _vectors(20, seed=5)
    vectors = near[np.arange(count) % 20] + 0.1 * _vectors(count)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    keys = np.arange(100, 100 + count, dtype=np.int64)
    index.replace(_NONE, keys, vectors)
    return index, vectors, keys


def test_an_index_is_clustered_once_it_is_too_large_to_be_read_whole() -> None:
    small, _, _ = _clouds(500, _LARGE)
    assert (small.settle(), small.clusters) == (False, 0)
    index, vectors, keys = _clouds(2000, _LARGE)
    assert (index.settle(), index.clusters) == (True, clusters_for(2000))
    assert index.settle() is False
    assert index.keys().tolist() == keys.tolist()
    assert all(index.search(vectors[n], 1)[0].chunk_pk == keys[n] for n in range(0, 2000, 97))


def test_a_clustered_index_finds_what_the_exact_one_does_in_almost_all_cases() -> None:
    exact, vectors, keys = _clouds(4000, IndexOptions(direct_limit=0))
    clustered, _, _ = _clouds(4000, _LARGE)
    assert clustered.settle()
    for allowed in (None, keys[::2], keys[::9]):
        kept = 0
        for n in range(0, 4000, 40):
            best, found = (set(i.search(vectors[n], 10, allowed)) for i in (exact, clustered))
            kept += len({key for key, _ in best} & {key for key, _ in found})
            assert allowed is None or {key for key, _ in found} <= set(allowed.tolist())
        assert kept >= 950


def test_a_clustered_index_changes_and_is_kept_like_an_exact_one() -> None:
    index, vectors, keys = _clouds(2000, _LARGE)
    index.settle()
    added = np.array([keys[0], 9000], dtype=np.int64)
    index.replace(keys[10:20], added, _vectors(2, seed=9))
    assert index.keys().tolist() == sorted({*keys.tolist(), 9000} - set(keys[10:20].tolist()))
    loaded = load(index.dump(), _LARGE)
    assert loaded.clusters == index.clusters
    for one in (index, loaded):
        assert one.search(_vectors(2, seed=9)[1], 1)[0].chunk_pk == 9000
        assert keys[10] not in {key for key, _ in one.search(vectors[10], 50)}
        direct = one.search(vectors[30], 3, keys[30:33])
        assert direct[0].chunk_pk == keys[30]
    loaded.replace(keys[30:31], _NONE, np.empty((0, DIM), np.float32))
    assert keys[30] not in set(loaded.keys().tolist())


def test_both_selectors_select_the_same() -> None:
    bits, _, keys = _filled(300, _SCAN)
    sets, _, _ = _filled(300, IndexOptions(batch_selector, direct_limit=0))
    query = _vectors(1, seed=2)[0]
    for allowed in (keys[::3], keys[-1:], _NONE):
        assert bits.search(query, 5, allowed) == sets.search(query, 5, allowed)
