"""The store: collections, documents and chunks in SQL, every change one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from models.embeddings import EmbedderIdentity, Vectors
from retrieval import collection as collection_rows
from retrieval import passages
from retrieval.boundary import Boundary, no_boundary
from retrieval.chunk_index import Database, IndexText
from retrieval.collection import Collection
from retrieval.database import insert, open_database, reading, writing
from retrieval.documents import Chunk, Document, Hit
from retrieval.lexical import Fts5
from retrieval.passages import Contents
from retrieval.scored import Scored
from retrieval.sealing import seal_once
from retrieval.seals import Seals, Unsealed, chunk_digest, document_digest
from retrieval.settings import CollectionSettings
from retrieval.tables import chunks, documents

Status = Literal["added", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to write, cut and embedded; `vectors` has shape (chunks, dim)."""

    document: Document
    fingerprint: str
    chunks: tuple[Chunk, ...]
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class Change:
    """What a write did: `collection` is as it was after, keys are those of chunks.

    `label` is that of every chunk in `added`.
    """

    collection: Collection
    removed: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    status: Status = "unchanged"
    documents: tuple[str, ...] = ()
    label: str = ""


class Store:
    """Synchronous and safe to share between threads; call it from a worker thread.

    `at` is a file for SQLite, or a database that is open. What was written to a file before there
    were seals is sealed once; no other database is that old.
    """

    def __init__(
        self, at: Path | Database, boundary: Boundary = no_boundary, seals: Seals | None = None
    ) -> None:
        database = Database(open_database(at), Fts5()) if isinstance(at, Path) else at
        self._engine, self._index = database.engine, database.index
        self._boundary = boundary
        self._seals: Seals = seals or Unsealed()
        if seals is not None and isinstance(at, Path):
            seal_once(self._engine, seals, at.parent)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def collections(self) -> tuple[Collection, ...]:
        """Every collection, by name."""
        with reading(self._engine) as connection:
            return collection_rows.listed(connection)

    def collection(self, name: str) -> Collection:
        """The collection of that name."""
        with reading(self._engine) as connection:
            return collection_rows.find(connection, name)

    def ensure(
        self,
        name: str,
        identity: EmbedderIdentity,
        settings: CollectionSettings | None,
        defaults: CollectionSettings,
    ) -> Collection:
        """The collection of that name, made when missing; given settings replace its own."""
        with reading(self._engine) as connection:
            found = collection_rows.maybe(connection, name)
        if found is not None and settings in (None, found.settings):
            return found
        with self._change() as connection:
            made = collection_rows.maybe(connection, name) is None
            found = collection_rows.ensure(connection, name, identity, settings, defaults)
            if made:
                self._index.create(connection, found.pk, identity.dim)
        return found

    def drop(self, name: str) -> Collection:
        """Remove a collection with all its documents."""
        with self._change() as connection:
            self._index.drop(connection, collection_rows.find(connection, name).pk)
            return collection_rows.drop(connection, name)

    def documents(self, collection: str) -> tuple[Document, ...]:
        """The collection's documents, by id."""
        with reading(self._engine) as connection:
            found = collection_rows.find(connection, collection)
            rows = connection.execute(_documents(found.pk).order_by(documents.c.id))
            return tuple(_document(row, collection, self._seals) for row in rows)

    def known(self, collection: Collection, document: str, fingerprint: str) -> int | None:
        """How many chunks the document has, if it is stored with just this fingerprint.

        One with a seal that does not hold counts as unknown: storing it again mends it.
        """
        with reading(self._engine) as connection:
            found = documents.c.id == document, documents.c.fingerprint == fingerprint
            row = connection.execute(_documents(collection.pk).where(*found)).first()
            if row is None or _document(row, collection.name, self._seals).label != row.label:
                return None
            keys = connection.execute(
                sa.select(chunks.c.pk).where(chunks.c.document_pk == row.pk)
            ).scalars()
            hits = passages.by_key(connection, tuple(keys), self._seals).values()
            return len(hits) if all(hit.label == row.label for hit in hits) else None

    def contents(self, name: str, *, vectors: bool) -> Contents:
        """What an index of the collection must hold, all of one moment."""
        with reading(self._engine) as connection:
            found = collection_rows.find(connection, name)
            return passages.contents(connection, found, vectors=vectors)

    def passages(self, chunk_pks: Sequence[int]) -> dict[int, Hit]:
        """The chunks of those keys that exist, as hits of score 0."""
        with reading(self._engine) as connection:
            return passages.by_key(connection, chunk_pks, self._seals)

    def labels(self, collection: Collection) -> frozenset[str]:
        """The labels that documents of the collection carry."""
        with reading(self._engine) as connection:
            return passages.labels(connection, collection.pk)

    def match(
        self, collection: Collection, query: str, k: int, labels: frozenset[str]
    ) -> tuple[Scored, ...]:
        """The `k` best chunks by BM25 among documents with one of `labels`."""
        with reading(self._engine) as connection:
            return self._index.match(connection, collection.pk, query, k, labels)

    def put(self, collection: str, new: NewDocument) -> Change:
        """Add the document, or replace the one of its id."""
        with self._change() as connection:
            found = collection_rows.find(connection, collection)
            old = _row(connection, found.pk, new.document.id)
            removed = self._remove(connection, found.pk, () if old is None else (old.pk,))
            self._boundary("store.old_removed")
            added = self._insert(connection, found, new)
            collection_rows.touch(connection, found.pk)
            after = collection_rows.find(connection, collection)
        status: Status = "added" if old is None else "updated"
        document = new.document
        return Change(after, removed, added, status, (document.id,), document.label)

    def delete(self, collection: str, ids: Sequence[str]) -> Change:
        """Delete those of the documents that exist; `Change.documents` names them."""
        with self._change() as connection:
            found = collection_rows.find(connection, collection)
            rows = [row for id_ in dict.fromkeys(ids) if (row := _row(connection, found.pk, id_))]
            removed = self._remove(connection, found.pk, tuple(row.pk for row in rows))
            if rows:
                collection_rows.touch(connection, found.pk)
            after = collection_rows.find(connection, collection)
        return Change(after, removed, documents=tuple(row.id for row in rows))

    @contextmanager
    def _change(self) -> Iterator[sa.Connection]:
        self._boundary("store.begin")
        with writing(self._engine) as connection:
            yield connection
            self._boundary("store.commit")
        self._boundary("store.committed")

    def _remove(
        self, connection: sa.Connection, collection_pk: int, document_pks: Iterable[int]
    ) -> tuple[int, ...]:
        removed: list[int] = []
        for pk in document_pks:
            of_document = chunks.c.document_pk == pk
            keys = connection.execute(sa.select(chunks.c.pk).where(of_document)).scalars().all()
            self._index.remove(connection, collection_pk, keys)
            connection.execute(chunks.delete().where(of_document))
            connection.execute(documents.delete().where(documents.c.pk == pk))
            removed.extend(keys)
        return tuple(removed)

    def _insert(
        self, connection: sa.Connection, collection: Collection, new: NewDocument
    ) -> tuple[int, ...]:
        document = new.document
        document_pk = _insert_document(connection, collection, new, self._seals)

        def put(chunk: Chunk, vector: Vectors) -> int:
            shown = chunk_digest(
                collection.name, document.id, document.title,
                chunk.number, chunk.heading, chunk.text,
            )  # fmt: skip
            seal = self._seals.seal(document.label, shown)
            blob = self._index.blob(vector)
            return _insert_chunk(connection, document_pk, chunk, blob, seal)

        pks = tuple(map(put, new.chunks, new.vectors))
        texts = [
            IndexText(pk, f"{document.title} {chunk.heading}", chunk.text)
            for pk, chunk in zip(pks, new.chunks, strict=True)
        ]
        self._index.add(connection, collection.pk, texts, document.label, new.vectors)
        return pks


def _documents(collection_pk: int) -> sa.Select[tuple[object, ...]]:
    count = sa.select(sa.func.count()).where(chunks.c.document_pk == documents.c.pk)
    return sa.select(documents, count.scalar_subquery().label("chunks")).where(
        documents.c.collection_pk == collection_pk
    )


def _document(row: sa.Row[tuple[object, ...]], collection: str, seals: Seals) -> Document:
    listed = document_digest(collection, row.id, row.title, row.sha256, row.path, row.metadata)
    return Document(
        id=row.id,
        collection=collection,
        title=row.title,
        label=seals.believed(row.label, row.seal, listed),
        sha256=row.sha256,
        chunks=row.chunks,
        path=row.path,
        media_type=row.media_type,
        metadata=row.metadata,
    )


def _row(
    connection: sa.Connection, collection_pk: int, document: str
) -> sa.Row[tuple[object, ...]] | None:
    at = (documents.c.collection_pk == collection_pk) & (documents.c.id == document)
    return connection.execute(sa.select(documents).where(at)).first()


def _insert_document(
    connection: sa.Connection, collection: Collection, new: NewDocument, seals: Seals
) -> int:
    document = new.document
    listed = document_digest(
        collection.name, document.id, document.title, document.sha256, document.path,
        dict(document.metadata),
    )  # fmt: skip
    return insert(
        connection,
        documents,
        collection_pk=collection.pk,
        id=document.id,
        title=document.title,
        label=document.label,
        sha256=document.sha256,
        fingerprint=new.fingerprint,
        path=document.path,
        media_type=document.media_type,
        metadata=dict(document.metadata),
        seal=seals.seal(document.label, listed),
    )


def _insert_chunk(
    connection: sa.Connection, document_pk: int, chunk: Chunk, vector: bytes, seal: str
) -> int:
    return insert(
        connection,
        chunks,
        document_pk=document_pk,
        number=chunk.number,
        text=chunk.text,
        heading=chunk.heading,
        page=chunk.page,
        start=chunk.start,
        end=chunk.end,
        vector=vector,
        seal=seal,
    )
