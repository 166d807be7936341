"""Lexical search: SQLite's FTS5 with Porter stems and BM25, one table a collection.

A table of its own keeps one collection's word statistics out of another's ranking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from models.embeddings import Vectors
from retrieval.chunk_index import IndexText
from retrieval.scored import Scored
from retrieval.tables import chunks, documents
from retrieval.vectors import to_blob

MAX_TERMS = 64

_TERM = re.compile(r"\w+")


def create_table(connection: sa.Connection, collection_pk: int) -> None:
    """Make the collection's full-text table."""
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {_table(collection_pk)} "
        "USING fts5(heading, body, tokenize='porter unicode61 remove_diacritics 2')"
    )


def drop_table(connection: sa.Connection, collection_pk: int) -> None:
    """Remove the collection's full-text table."""
    connection.exec_driver_sql(f"DROP TABLE IF EXISTS {_table(collection_pk)}")


def add(connection: sa.Connection, collection_pk: int, texts: Sequence[IndexText]) -> None:
    """Index the chunks."""
    if texts:
        connection.exec_driver_sql(
            f"INSERT INTO {_table(collection_pk)}(rowid, heading, body) VALUES (?, ?, ?)",  # noqa: S608
            [tuple(text) for text in texts],
        )


def remove(connection: sa.Connection, collection_pk: int, chunk_pks: Iterable[int]) -> None:
    """Take the chunks out of the index."""
    keys = [(pk,) for pk in chunk_pks]
    if keys:
        connection.exec_driver_sql(
            f"DELETE FROM {_table(collection_pk)} WHERE rowid = ?",  # noqa: S608
            keys,
        )


def match_expression(query: str) -> str:
    """Any of the query's words, each quoted so that none is taken for FTS5 syntax."""
    return " OR ".join(f'"{term}"' for term in terms_of(query))


def terms_of(query: str) -> tuple[str, ...]:
    """The query's words, each once and at most so many: nothing but letters, digits and _."""
    terms = dict.fromkeys(match.group().lower() for match in _TERM.finditer(query))
    return tuple(terms)[:MAX_TERMS]


def search(
    connection: sa.Connection,
    collection_pk: int,
    query: str,
    k: int,
    labels: frozenset[str],
) -> tuple[Scored, ...]:
    """The `k` best chunks by BM25 among documents with one of `labels`."""
    expression = match_expression(query)
    if not expression or not labels:
        return ()
    table = sa.table(_table(collection_pk), sa.column("rowid"))
    rank: sa.ColumnElement[float] = sa.literal_column(f"bm25({table.name})")
    statement = (
        sa.select(table.c.rowid, rank)
        .join(chunks, chunks.c.pk == table.c.rowid)
        .join(documents, documents.c.pk == chunks.c.document_pk)
        .where(sa.literal_column(table.name).op("MATCH")(expression))
        .where(documents.c.label.in_(labels))
        .order_by(rank, table.c.rowid)
        .limit(k)
    )
    return tuple(Scored(pk, -score) for pk, score in connection.execute(statement))


class Fts5:
    """The ChunkIndex of SQLite: words here, vectors beside the chunks for FAISS to read."""

    def create(self, connection: sa.Connection, collection_pk: int, dim: int) -> None:
        """Make the full-text table."""
        create_table(connection, collection_pk)

    def drop(self, connection: sa.Connection, collection_pk: int) -> None:
        """Remove it."""
        drop_table(connection, collection_pk)

    def add(
        self,
        connection: sa.Connection,
        collection_pk: int,
        texts: Sequence[IndexText],
        label: str,
        vectors: Vectors,
    ) -> None:
        """Index the words; the label is read from the document's row at each search."""
        add(connection, collection_pk, texts)

    def remove(
        self, connection: sa.Connection, collection_pk: int, chunk_pks: Iterable[int]
    ) -> None:
        """Take the chunks out of the table."""
        remove(connection, collection_pk, chunk_pks)

    def match(
        self,
        connection: sa.Connection,
        collection_pk: int,
        query: str,
        k: int,
        labels: frozenset[str],
    ) -> tuple[Scored, ...]:
        """The `k` best by BM25."""
        return search(connection, collection_pk, query, k, labels)

    def blob(self, vector: Vectors) -> bytes:
        """As FAISS reads it."""
        return to_blob(vector)


def _table(collection_pk: int) -> str:
    return f"fts_{int(collection_pk)}"
