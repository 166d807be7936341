"""The indexes in memory, each held to what SQL says before it is searched."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from typing import NamedTuple

import numpy as np

from models.embeddings import Vectors
from retrieval.collection import Collection
from retrieval.index import IndexOptions, Selection, VectorIndex, load
from retrieval.passages import Contents, Keys
from retrieval.scored import Scored
from retrieval.snapshots import Snapshots
from retrieval.store import Change, Store

_log = logging.getLogger(__name__)
# Sets of labels that are kept ready for each index.
_SELECTIONS = 32


class Moment(NamedTuple):
    """A collection and the bytes of its index, both of one moment."""

    collection: Collection
    dumped: bytes


class LiveIndex:
    """One collection's index, the keys under each label, and the moment both are of.

    `saved` is the mark of the moment whose snapshot is on disk.
    """

    def __init__(self, contents: Contents, index: VectorIndex) -> None:
        self.collection = contents.collection
        self.index = index
        self.saved = ""
        self._lock = threading.Lock()
        self._keys: dict[str, set[int]] = defaultdict(set)
        self._selections: dict[frozenset[str], Selection] = {}
        for key, label in zip(contents.keys.tolist(), contents.labels, strict=True):
            self._keys[label].add(key)

    def search(self, vector: Vectors, k: int, labels: frozenset[str]) -> tuple[Scored, ...]:
        """The `k` nearest chunks with one of `labels`."""
        with self._lock:
            if self._keys.keys() <= labels:
                return self.index.search(vector, k)
            return self.index.search(vector, k, self._selection(labels))

    def settle(self) -> None:
        """Cluster the index if it has become too large to be read whole."""
        if self.index.settle():
            _log.info("the index of collection %d is clustered", self.collection.pk)

    def moment(self) -> Moment:
        """The index as FAISS writes it, with the moment it is of."""
        with self._lock:
            return Moment(self.collection, self.index.dump())

    def follow(self, change: Change, vectors: Vectors) -> None:
        """Make the committed change here too."""
        removed, added = set(change.removed), set(change.added)
        with self._lock:
            self._selections.clear()
            self.index.replace(_keys(change.removed), _keys(change.added), vectors)
            for label in [label for label, keys in self._keys.items() if keys & removed]:
                self._keys[label] -= removed
                if not self._keys[label]:
                    del self._keys[label]
            if added:
                self._keys[change.label] |= added
            self.collection = change.collection

    def _selection(self, labels: frozenset[str]) -> Selection:
        """The keys under those labels, kept until the next change: many callers see the same."""
        seen = frozenset(label for label in labels if label in self._keys)
        selection = self._selections.get(seen)
        if selection is None:
            keys = np.fromiter((key for label in seen for key in self._keys[label]), np.int64)
            selection = self.index.select(np.sort(keys))
            if len(self._selections) >= _SELECTIONS:
                self._selections.clear()
            self._selections[seen] = selection
        return selection


class LiveIndexes:
    """Every collection's index; changes of other processes are seen by their generation."""

    def __init__(self, store: Store, snapshots: Snapshots, options: IndexOptions) -> None:
        self._store = store
        self._snapshots = snapshots
        self._options = options
        self._lock = threading.RLock()
        self._saving = threading.Lock()
        self._live: dict[int, LiveIndex] = {}

    def open_all(self) -> None:
        """Verify each snapshot, or build its index from SQL and write a new one."""
        collections = self._store.collections()
        self._snapshots.keep_only(frozenset(collection.pk for collection in collections))
        for collection in collections:
            self.at(collection)

    def at(self, collection: Collection) -> LiveIndex:
        """The collection's index, of that moment or a later one."""
        with self._lock:
            live = self._live.get(collection.pk)
            if live is None or live.collection.generation < collection.generation:
                live = self._load(collection)
                self._live[collection.pk] = live
            return live

    def search(
        self, collection: Collection, vector: Vectors, k: int, labels: frozenset[str]
    ) -> tuple[Scored, ...]:
        """The `k` nearest chunks of the collection with one of `labels`."""
        return self.at(collection).search(vector, k, labels)

    def apply(self, change: Change, vectors: Vectors) -> None:
        """Follow a committed change; the snapshot on disk goes when it holds what was removed."""
        with self._lock:
            live = self._live.get(change.collection.pk)
            if live is None or live.collection.generation != change.collection.generation - 1:
                self._live.pop(change.collection.pk, None)
            else:
                live.follow(change, vectors)
        if change.removed:
            with self._saving:
                self._snapshots.discard(change.collection.pk)

    def flush(self, collection: Collection) -> None:
        """Write the index as it is now to disk, unless it is there already; searches go on."""
        self._save(self.at(collection))

    def forget(self, collection: Collection) -> None:
        """Drop the index of a collection that is gone."""
        with self._lock:
            self._live.pop(collection.pk, None)
        with self._saving:
            self._snapshots.discard(collection.pk)

    def _load(self, collection: Collection) -> LiveIndex:
        contents = self._store.contents(collection.name, vectors=False)
        dumped = self._snapshots.read(contents.collection)
        if dumped is not None:
            index = load(dumped, self._options)
            if np.array_equal(index.keys(), contents.keys):
                live = LiveIndex(contents, index)
                live.saved = contents.collection.mark
                return live
        return self._rebuild(collection)

    def _rebuild(self, collection: Collection) -> LiveIndex:
        contents = self._store.contents(collection.name, vectors=True)
        _log.info("building the index of collection %d from SQL", collection.pk)
        index = VectorIndex(contents.collection.identity.dim, self._options)
        if contents.vectors is not None and len(contents.keys):
            index.replace(np.empty(0, np.int64), contents.keys, contents.vectors)
        live = LiveIndex(contents, index)
        self._save(live)
        return live

    def _save(self, live: LiveIndex) -> None:
        with self._saving:
            if live.saved == live.collection.mark:
                return
            live.settle()
            moment = live.moment()
            try:
                self._snapshots.write(moment.collection, moment.dumped)
                live.saved = moment.collection.mark
            except OSError as error:
                # A snapshot only saves time at the next start: what was written stands in SQL.
                pk = moment.collection.pk
                _log.warning("no index snapshot of collection %d: %s", pk, error.strerror)


def _keys(keys: tuple[int, ...]) -> Keys:
    return np.array(keys, dtype=np.int64)
