"""Vectors and words of chunks in PostgreSQL: one table a collection, filtered before it is ranked.

The vectors lie in the extension `vector` under an HNSW index of inner products (Malkov and
Yashunin, 2018); an iterative scan goes on until enough of what it meets is allowed. The label
stands beside each vector, so that SQL filters by it; a hit is checked once more by the document's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from models.embeddings import Vectors
from models.errors import SetupError
from retrieval import pgwords
from retrieval.chunk_index import IndexText
from retrieval.collection import Collection
from retrieval.database import reading
from retrieval.scored import Scored
from retrieval.settings import HnswSettings
from retrieval.store import Change

MOST_DIMENSIONS = 2_000
"""Above it the extension makes no index of full vectors."""


class PgChunks:
    """The ChunkIndex of PostgreSQL."""

    def __init__(self, hnsw: HnswSettings) -> None:
        self._hnsw = hnsw

    def create(self, connection: sa.Connection, collection_pk: int, dim: int) -> None:
        """Make the table and its indexes."""
        if dim > MOST_DIMENSIONS:
            raise SetupError(
                f"The embedder's vectors have {dim} dimensions; pgvector indexes at most"
                f" {MOST_DIMENSIONS}. Use another embedder, or no `retriever.store`."
            )
        table = table_of(collection_pk)
        # pgvector asks that the list at building is twice as long as the links.
        building = max(self._hnsw.ef_construction, 2 * self._hnsw.m)
        for statement in (
            f"CREATE TABLE {table} (chunk_pk integer PRIMARY KEY REFERENCES chunks(pk),"
            f" label text NOT NULL, words tsvector NOT NULL, embedding vector({dim:d}) NOT NULL)",
            f"CREATE INDEX ON {table} USING hnsw (embedding vector_ip_ops)"
            f" WITH (m = {self._hnsw.m:d}, ef_construction = {building:d})",
            f"CREATE INDEX ON {table} USING gin (words)",
            f"CREATE INDEX ON {table} (label)",
        ):
            connection.exec_driver_sql(statement)

    def drop(self, connection: sa.Connection, collection_pk: int) -> None:
        """Remove the table."""
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table_of(collection_pk)}")

    def add(
        self,
        connection: sa.Connection,
        collection_pk: int,
        texts: Sequence[IndexText],
        label: str,
        vectors: Vectors,
    ) -> None:
        """Insert a row a chunk."""
        rows = [
            {
                "pk": text.chunk_pk,
                "label": label,
                "words": f"{text.heading} {text.body}",
                "vector": _text(vector),
            }
            for text, vector in zip(texts, vectors, strict=True)
        ]
        if rows:
            connection.execute(
                sa.text(
                    f"INSERT INTO {table_of(collection_pk)} (chunk_pk, label, words, embedding)"  # noqa: S608
                    f" VALUES (:pk, :label, {pgwords.WORDS}, CAST(:vector AS vector))"
                ),
                rows,
            )

    def remove(
        self, connection: sa.Connection, collection_pk: int, chunk_pks: Iterable[int]
    ) -> None:
        """Delete the chunks' rows."""
        connection.execute(
            sa.text(f"DELETE FROM {table_of(collection_pk)} WHERE chunk_pk = ANY(:pks)"),  # noqa: S608
            {"pks": list(chunk_pks)},
        )

    def match(
        self,
        connection: sa.Connection,
        collection_pk: int,
        query: str,
        k: int,
        labels: frozenset[str],
    ) -> tuple[Scored, ...]:
        """The `k` best by their words."""
        return pgwords.search(connection, table_of(collection_pk), query, k, labels)

    def blob(self, vector: Vectors) -> bytes:
        """Nothing: the table here has it."""
        return b""


class PgVectors:
    """The Nearest over those tables: nothing is held in memory, so there is nothing to follow."""

    def __init__(self, engine: sa.Engine, hnsw: HnswSettings) -> None:
        self._engine = engine
        self._hnsw = hnsw

    def search(
        self, collection: Collection, vector: Vectors, k: int, labels: frozenset[str]
    ) -> tuple[Scored, ...]:
        """The `k` nearest chunks with one of `labels`.

        Up to `exact_limit` allowed chunks are scored one by one. So are all that are allowed where
        the scan of HNSW stopped before it met `k` of them.
        """
        seen = sorted(labels)
        asked = {"vector": _text(vector), "labels": seen, "k": k}
        table = table_of(collection.pk)
        with reading(self._engine) as connection:
            if _few(connection, table, seen, self._hnsw.exact_limit):
                return _ranked(connection, _EXACT.format(table=table), asked)
            found = _ranked(connection, _BY_HNSW.format(table=table), asked)
            if len(found) == k:
                return found
            return _ranked(connection, _EXACT.format(table=table), asked)

    def apply(self, change: Change, vectors: Vectors) -> None:
        """Done already: the change was made in the same transaction."""

    def flush(self, collection: Collection) -> None:
        """Done already."""

    def forget(self, collection: Collection) -> None:
        """Done already."""


_BY_HNSW = """
    SELECT chunk_pk, -(embedding <#> CAST(:vector AS vector)) AS score FROM {table}
    WHERE label = ANY(:labels) ORDER BY embedding <#> CAST(:vector AS vector) LIMIT :k
"""
_EXACT = """
    WITH allowed AS MATERIALIZED (
        SELECT chunk_pk, -(embedding <#> CAST(:vector AS vector)) AS score FROM {table}
        WHERE label = ANY(:labels)
    )
    SELECT chunk_pk, score FROM allowed ORDER BY score DESC, chunk_pk LIMIT :k
"""


def table_of(collection_pk: int) -> str:
    """The collection's table."""
    return f"chunks_of_{int(collection_pk)}"


def _few(connection: sa.Connection, table: str, labels: list[str], limit: int) -> bool:
    counted = sa.text(
        f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE label = ANY(:labels) LIMIT :limit) few"  # noqa: S608
    )
    found = connection.execute(counted, {"labels": labels, "limit": limit + 1}).scalar_one()
    return int(found) <= limit


def _ranked(
    connection: sa.Connection, statement: str, asked: dict[str, object]
) -> tuple[Scored, ...]:
    return tuple(Scored(pk, score) for pk, score in connection.execute(sa.text(statement), asked))


def _text(vector: Vectors) -> str:
    return "[" + ",".join(map(repr, vector.tolist())) + "]"
