"""What the store needs of its database: an engine, and what searches a collection's chunks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from models.embeddings import Vectors
from retrieval.scored import Scored


class IndexText(NamedTuple):
    """What is indexed of one chunk: where it stands, and what it says."""

    chunk_pk: int
    heading: str
    body: str


class ChunkIndex(Protocol):
    """Tables beside the chunks', some for each collection; all in the caller's transaction."""

    def create(self, connection: sa.Connection, collection_pk: int, dim: int) -> None:
        """Make the collection's tables, for vectors of that many dimensions."""

    def drop(self, connection: sa.Connection, collection_pk: int) -> None:
        """Remove the collection's tables."""

    def add(
        self,
        connection: sa.Connection,
        collection_pk: int,
        texts: Sequence[IndexText],
        label: str,
        vectors: Vectors,
    ) -> None:
        """Take in the chunks of one document; `vectors` has shape (texts, dim)."""

    def remove(
        self, connection: sa.Connection, collection_pk: int, chunk_pks: Iterable[int]
    ) -> None:
        """Take chunks out."""

    def match(
        self,
        connection: sa.Connection,
        collection_pk: int,
        query: str,
        k: int,
        labels: frozenset[str],
    ) -> tuple[Scored, ...]:
        """The `k` best chunks by their words among documents with one of `labels`."""

    def blob(self, vector: Vectors) -> bytes:
        """The vector as it stands beside its chunk; nothing where these tables have it."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database with the tables of retrieval."""

    engine: sa.Engine
    index: ChunkIndex
