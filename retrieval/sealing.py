"""Sealing the labels of documents that were stored before there were seals: once for a folder.

The marker stands outside the database, so that who can only change rows cannot have an altered
label sealed as if it were old.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import sqlalchemy as sa

from retrieval.database import writing
from retrieval.seals import Seals, chunk_digest, document_digest
from retrieval.tables import chunks, collections, documents

MARKER = "labels_sealed"
_log = logging.getLogger(__name__)


def seal_once(engine: sa.Engine, seals: Seals, folder: Path) -> int:
    """Seal what has no seal yet, unless it was done before in `folder`; how many documents."""
    marker = folder / MARKER
    if marker.exists():
        return 0
    with writing(engine) as connection:
        sealed = _seal_all(connection, seals)
    marker.touch(mode=0o600)
    _sync(folder)
    if sealed:
        _log.warning("labels of %d documents sealed as they stood", sealed)
    return sealed


def _seal_all(connection: sa.Connection, seals: Seals) -> int:
    named = sa.select(documents, collections.c.name).join(
        collections, collections.c.pk == documents.c.collection_pk
    )
    rows = connection.execute(named.where(documents.c.seal == "")).all()
    for row in rows:
        whole = document_digest(row.name, row.id, row.title, row.sha256, row.path, row.metadata)
        seal = seals.seal(row.label, whole)
        connection.execute(documents.update().where(documents.c.pk == row.pk).values(seal=seal))
        of_document = sa.select(chunks).where(chunks.c.document_pk == row.pk)
        for chunk in connection.execute(of_document).all():
            part = chunk_digest(
                row.name, row.id, row.title, chunk.number, chunk.heading, chunk.text
            )
            seal = seals.seal(row.label, part)
            connection.execute(chunks.update().where(chunks.c.pk == chunk.pk).values(seal=seal))
    return len(rows)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
