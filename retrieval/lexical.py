"""Lexical search: SQLite's FTS5 with Porter stems and BM25, one table a collection.

A table of its own keeps one collection's word statistics out of another's ranking.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from models.embeddings import Vectors
from retrieval.chunk_index import IndexText
from retrieval.maxscore import Word, likely, needed, telling, word
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
    """The `k` best chunks by BM25 among documents with one of `labels`.

    Only chunks with a word that can lift them among the `k` are scored. Where the first guess of
    which these are proves too narrow, the score found says which are enough. Where fewer than `k`
    are found, every chunk with any of the words is looked at: what is hidden from the asker may
    change how words weigh, never which of the chunks he may see are found.
    """
    every = _words(connection, collection_pk, query) if labels else ()
    if not every:
        return ()
    words = telling(every)
    leading = needed(words, likely(words, k))
    found = _ranked(connection, collection_pk, expression(words, leading), k, labels)
    if len(found) < k:
        whole = expression(every, len(every))
        return _ranked(connection, collection_pk, whole, k, labels)
    if (enough := needed(words, found[-1].score)) > leading:
        found = _ranked(connection, collection_pk, expression(words, enough), k, labels)
    return found


class Asked(NamedTuple):
    """What FTS5 matches, and how often each word stands in it: so many times it is counted."""

    match: str
    times: int


def expression(words: Sequence[Word], leading: int) -> Asked:
    """Chunks with one of the `leading` words, to be scored by all of them.

    The leading words stand on both sides of AND, so the others have to stand there twice as well.
    """
    first, others = _any(words[:leading]), _any(words[leading:])
    if not others:
        return Asked(first, 1)
    return Asked(f"({first}) AND ({first} OR {others} OR {others})", 2)


def _any(words: Iterable[Word]) -> str:
    """Each quoted so that none is taken for FTS5 syntax."""
    return " OR ".join(f'"{one.term}"' for one in words)


def _words(connection: sa.Connection, collection_pk: int, query: str) -> tuple[Word, ...]:
    """The words that stand somewhere; no count goes on past half of the chunks."""
    table = _table(collection_pk)
    count = connection.exec_driver_sql(f"SELECT count(*) FROM {table}_docsize").scalar_one()  # noqa: S608
    asked = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {table} MATCH ? LIMIT ?)"  # noqa: S608
    counted = (
        (term, connection.exec_driver_sql(asked, (f'"{term}"', count // 2 + 1)).scalar_one())
        for term in terms_of(query)
    )
    return tuple(word(term, found, count) for term, found in counted if found)


def _ranked(
    connection: sa.Connection, collection_pk: int, asked: Asked, k: int, labels: frozenset[str]
) -> tuple[Scored, ...]:
    table = sa.table(_table(collection_pk), sa.column("rowid"))
    rank: sa.ColumnElement[float] = sa.literal_column(f"bm25({table.name})")
    statement = (
        sa.select(table.c.rowid, rank)
        .join(chunks, chunks.c.pk == table.c.rowid)
        .join(documents, documents.c.pk == chunks.c.document_pk)
        .where(sa.literal_column(table.name).op("MATCH")(asked.match))
        .where(documents.c.label.in_(labels))
        .order_by(rank, table.c.rowid)
        .limit(k)
    )
    return tuple(Scored(pk, -score / asked.times) for pk, score in connection.execute(statement))


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
