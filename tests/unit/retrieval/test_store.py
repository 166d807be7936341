"""The store: upsert, delete, list, and all of it or nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import InvalidRequest
from retrieval.errors import CollectionNotFound
from retrieval.settings import CollectionSettings
from retrieval.store import Store
from tests.unit.retrieval.writing import IDENTITY, new_document, new_store, vector_of


def test_put_lists_and_gives_back(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    change = store.put("kb", new_document("a.md", "one", "two", label="open"))
    assert (change.status, len(change.added), change.removed) == ("added", 2, ())
    (document,) = store.documents("kb")
    assert (document.id, document.chunks, document.label) == ("a.md", 2, "open")
    hits = store.passages(change.added)
    assert [hits[key].text for key in change.added] == ["one", "two"]
    contents = store.contents("kb", vectors=True)
    assert contents.vectors is not None
    np.testing.assert_array_equal(contents.vectors, [vector_of("one"), vector_of("two")])
    store.close()


def test_put_again_replaces_under_new_keys(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    before = store.put("kb", new_document("a", "one"))
    after = store.put("kb", new_document("a", "two", "three"))
    assert (after.status, after.removed) == ("updated", before.added)
    assert not set(after.added) & set(before.added)
    assert after.collection.generation == before.collection.generation + 1
    assert after.collection.mark != before.collection.mark
    assert store.passages(before.added) == {}
    store.close()


def test_keys_are_never_used_again(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    (last,) = store.put("kb", new_document("a", "one")).added
    store.delete("kb", ["a"])
    (after,) = store.put("kb", new_document("a", "one")).added
    assert after > last
    store.close()


def test_delete_takes_text_vector_and_words(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.put("kb", new_document("a", "refund"))
    collection = store.collection("kb")
    assert store.match(collection, "refund", 5, frozenset({"{}"}))
    change = store.delete("kb", ["a", "a", "never there"])
    assert change.documents == ("a",)
    assert store.match(collection, "refund", 5, frozenset({"{}"})) == ()
    assert store.documents("kb") == ()
    assert len(store.contents("kb", vectors=False).keys) == 0
    store.close()


def test_deleting_nothing_changes_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    before = store.collection("kb")
    assert store.delete("kb", ["never there"]).collection == before
    store.close()


def test_known_only_with_the_same_fingerprint(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    new = new_document("a", "one", "two")
    store.put("kb", new)
    collection = store.collection("kb")
    assert store.known(collection, "a", new.fingerprint) == 2
    assert store.known(collection, "a", "another") is None
    assert store.known(collection, "b", new.fingerprint) is None
    store.close()


@pytest.mark.parametrize("at", ["store.old_removed", "store.commit"])
def test_failure_in_the_middle_leaves_the_old_document(tmp_path: Path, at: str) -> None:
    new_store(tmp_path).close()
    failing = False

    def boundary(name: str) -> None:
        if failing and name == at:
            raise RuntimeError(name)

    store = Store(tmp_path / "retrieval.db", boundary)
    old = store.put("kb", new_document("a", "old words"))
    failing = True
    with pytest.raises(RuntimeError):
        store.put("kb", new_document("a", "new words"))
    if at == "store.commit":
        with pytest.raises(RuntimeError):
            store.delete("kb", ["a"])
    collection = store.collection("kb")
    assert collection == old.collection
    assert store.passages(old.added)[old.added[0]].text == "old words"
    assert store.match(collection, "old", 5, frozenset({"{}"}))
    assert store.match(collection, "new", 5, frozenset({"{}"})) == ()
    store.close()


def test_collections_do_not_mix(tmp_path: Path) -> None:
    store = new_store(tmp_path, "kb", "other")
    store.put("kb", new_document("a", "refund"))
    store.put("other", new_document("a", "refund", "warranty"))
    assert [document.chunks for document in store.documents("kb")] == [1]
    store.drop("other")
    assert [collection.name for collection in store.collections()] == ["kb"]
    assert store.match(store.collection("kb"), "refund", 5, frozenset({"{}"}))
    with pytest.raises(CollectionNotFound):
        store.documents("other")
    store.close()


def test_settings_given_replace_and_none_keeps(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    mine = CollectionSettings(mode="fused", k=3)
    store.ensure("kb", IDENTITY, mine, CollectionSettings())
    assert store.ensure("kb", IDENTITY, None, CollectionSettings()).settings == mine
    store.close()


@pytest.mark.parametrize("name", ["", "Big", "a b", "../a", "x" * 64, ".a"])
def test_bad_collection_names_are_refused(tmp_path: Path, name: str) -> None:
    store = new_store(tmp_path)
    with pytest.raises(InvalidRequest) as caught:
        store.ensure(name, IDENTITY, None, CollectionSettings())
    assert caught.value.param == "collection"
    store.close()
