"""What searches a collection's vectors, and follows what is written."""

from __future__ import annotations

from typing import Protocol

from models.embeddings import Vectors
from retrieval.collection import Collection
from retrieval.scored import Scored
from retrieval.store import Change


class Nearest(Protocol):
    """Synchronous and safe to share between threads."""

    def search(
        self, collection: Collection, vector: Vectors, k: int, labels: frozenset[str]
    ) -> tuple[Scored, ...]:
        """The `k` nearest chunks of the collection with one of `labels`, best first."""

    def apply(self, change: Change, vectors: Vectors) -> None:
        """Follow a committed change; `vectors` are those of `change.added`."""

    def flush(self, collection: Collection) -> None:
        """Keep what the next start would have to make again."""

    def forget(self, collection: Collection) -> None:
        """Drop what is held of a collection that is gone."""
