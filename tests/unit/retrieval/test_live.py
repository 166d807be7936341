"""Indexes in memory: verified or rebuilt at opening, and saved only when something changed."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from retrieval.index import IndexOptions, VectorIndex
from retrieval.live import LiveIndexes
from retrieval.snapshots import Snapshots
from retrieval.store import Store
from tests.unit.retrieval.writing import DIM, new_document, new_store, vector_of

_ALL = frozenset({"{}"})
_NO_VECTORS = VectorIndex(DIM, IndexOptions()).dump()


def _open(store: Store, folder: Path) -> LiveIndexes:
    indexes = LiveIndexes(store, Snapshots(folder / "index"), IndexOptions())
    indexes.open_all()
    return indexes


def _written(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (folder / "index").glob("*/*")}


def test_current_snapshot_is_used_and_not_written_again(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    (key,) = store.put("kb", new_document("a", "one")).added
    _open(store, tmp_path)
    written = _written(tmp_path)
    indexes = _open(store, tmp_path)
    live = indexes.at(store.collection("kb"))
    indexes.flush(live.collection)
    assert _written(tmp_path) == written
    assert live.search(vector_of("one"), 5, _ALL)[0].chunk_pk == key
    store.close()


def test_snapshot_of_other_keys_is_rebuilt_though_its_manifest_fits(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.put("kb", new_document("a", "one"))
    collection = store.collection("kb")
    Snapshots(tmp_path / "index").write(collection, _NO_VECTORS)
    live = _open(store, tmp_path).at(collection)
    assert len(live.search(vector_of("one"), 5, _ALL)) == 1
    store.close()


def test_stale_snapshot_is_rebuilt(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.put("kb", new_document("a", "one"))
    _open(store, tmp_path)
    store.put("kb", new_document("b", "two"))
    live = _open(store, tmp_path).at(store.collection("kb"))
    assert len(live.search(vector_of("one"), 5, _ALL)) == 2
    store.close()


def test_snapshot_that_cannot_be_written_is_logged_and_searching_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = new_store(tmp_path)
    store.put("kb", new_document("a", "one"))
    (tmp_path / "index").write_bytes(b"a file where the folder should be")
    indexes = LiveIndexes(store, Snapshots(tmp_path / "index"), IndexOptions())
    with caplog.at_level(logging.WARNING):
        live = indexes.at(store.collection("kb"))
    assert "no index snapshot" in caplog.text
    assert len(live.search(vector_of("one"), 5, _ALL)) == 1
    store.close()


def test_missed_change_is_caught_up_with(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    indexes = _open(store, tmp_path)
    store.put("kb", new_document("missed", "one"))
    new = new_document("seen", "two")
    change = store.put("kb", new)
    indexes.apply(change, new.vectors)
    live = indexes.at(change.collection)
    assert len(live.search(vector_of("one"), 5, _ALL)) == 2
    store.close()


def test_removed_vectors_leave_the_disk_before_anything_is_flushed(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.put("kb", new_document("a", "one"))
    indexes = _open(store, tmp_path)
    removed = store.delete("kb", ["a"])
    assert any(name.endswith(".faiss") for name in _written(tmp_path))
    indexes.apply(removed, np.empty((0, DIM), np.float32))
    assert _written(tmp_path) == {}
    store.close()


def test_a_change_is_seen_by_those_who_searched_before(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.put("kb", new_document("a", "one", label='{"n": 1}'))
    store.put("kb", new_document("b", "two", label='{"n": 2}'))
    indexes = _open(store, tmp_path)
    seen = frozenset({'{"n": 1}'})
    live = indexes.at(store.collection("kb"))
    assert len(live.search(vector_of("three"), 5, seen)) == 1
    new = new_document("c", "three", label='{"n": 1}')
    change = store.put("kb", new)
    indexes.apply(change, new.vectors)
    found = indexes.at(store.collection("kb")).search(vector_of("three"), 5, seen)
    assert found[0].chunk_pk == change.added[0]
    assert len(found) == 2
    store.close()


def test_a_large_index_is_clustered_when_it_is_saved(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.put("kb", new_document("a", *(f"text {n}" for n in range(400))))
    options = IndexOptions(exact_limit=300)
    for _ in range(2):
        indexes = LiveIndexes(store, Snapshots(tmp_path / "index"), options)
        indexes.open_all()
        live = indexes.at(store.collection("kb"))
        assert live.index.clusters > 0
        assert len(live.index.keys()) == 400
    store.close()
