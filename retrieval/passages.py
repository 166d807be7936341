"""Reading chunks back: as hits, and as what an index must hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from models.embeddings import Vectors
from retrieval.collection import Collection
from retrieval.documents import Hit
from retrieval.seals import Seals, chunk_digest
from retrieval.tables import chunks, collections, documents
from retrieval.vectors import from_blobs

Keys = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contents:
    """A collection's chunk keys, rising, with their labels and, when asked for, vectors."""

    collection: Collection
    keys: Keys
    labels: tuple[str, ...]
    vectors: Vectors | None = None


def contents(connection: sa.Connection, collection: Collection, *, vectors: bool) -> Contents:
    """Everything an index of the collection is made from."""
    columns = [chunks.c.pk, documents.c.label, *([chunks.c.vector] if vectors else [])]
    statement = (
        sa.select(*columns)
        .join(documents, documents.c.pk == chunks.c.document_pk)
        .where(documents.c.collection_pk == collection.pk)
        .order_by(chunks.c.pk)
    )
    rows = connection.execute(statement).all()
    return Contents(
        collection,
        np.array([row.pk for row in rows], dtype=np.int64),
        tuple(row.label for row in rows),
        from_blobs([row.vector for row in rows], collection.identity.dim) if vectors else None,
    )


_LABELS = sa.text(
    """
    WITH RECURSIVE step(label) AS (
        SELECT min(label) FROM documents WHERE collection_pk = :pk
        UNION ALL
        SELECT (SELECT min(label) FROM documents WHERE collection_pk = :pk AND label > step.label)
        FROM step WHERE step.label IS NOT NULL
    )
    SELECT label FROM step WHERE label IS NOT NULL
    """
)


def labels(connection: sa.Connection, collection_pk: int) -> frozenset[str]:
    """The distinct labels in the collection, by one step in the index for each of them."""
    return frozenset(connection.execute(_LABELS, {"pk": collection_pk}).scalars())


def by_key(connection: sa.Connection, chunk_pks: Sequence[int], seals: Seals) -> dict[int, Hit]:
    """The chunks of those keys that exist, as hits of score 0, with the label to believe."""
    statement = (
        sa.select(chunks, documents.c.id, documents.c.title, documents.c.label, collections.c.name)
        .join(documents, documents.c.pk == chunks.c.document_pk)
        .join(collections, collections.c.pk == documents.c.collection_pk)
        .where(chunks.c.pk.in_(chunk_pks))
    )
    return {row.pk: _hit(row, seals) for row in connection.execute(statement)}


def _hit(row: sa.Row[tuple[object, ...]], seals: Seals) -> Hit:
    shown = chunk_digest(row.name, row.id, row.title, row.number, row.heading, row.text)
    return Hit(
        id=row.id,
        collection=row.name,
        chunk=row.number,
        title=row.title,
        heading=row.heading,
        page=row.page,
        text=row.text,
        start=row.start,
        end=row.end,
        score=0.0,
        label=seals.believed(row.label, row.seal, shown),
    )
