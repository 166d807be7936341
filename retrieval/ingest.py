"""Ingesting documents: parse, cut, embed, write; the same bytes again change nothing."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.deadline import Deadline
from models.embeddings import EmbedderIdentity, EmbeddingRequest, Vectors
from models.errors import InvalidRequest
from models.ports import Embedder
from retrieval.collection import Collection
from retrieval.identity import check_identity
from retrieval.nearest import Nearest
from retrieval.preparing import IngestRequest, Prepared, fingerprint, prepare
from retrieval.settings import CollectionSettings
from retrieval.store import NewDocument, Status, Store
from retrieval.vectors import unit
from retrieval.worker import Worker

_ID = re.compile(r"[^\x00-\x1f\x7f]{1,512}")
_BATCH = 64


@dataclass(frozen=True, slots=True)
class IngestOutcome:
    """What became of a document; `chunks` counts those it has now."""

    id: str
    status: Status
    chunks: int


class Ingestor:
    """Writes to one store; one write at a time, parsing and embedding side by side."""

    def __init__(
        self,
        store: Store,
        indexes: Nearest,
        embedder: Embedder,
        worker: Worker,
        defaults: CollectionSettings,
    ) -> None:
        self._store = store
        self._indexes = indexes
        self._embedder = embedder
        self._worker = worker
        self._defaults = defaults
        self._writing = threading.Lock()

    async def ingest(self, request: IngestRequest, deadline: Deadline) -> IngestOutcome:
        """Add, update or leave the document; a failure leaves what was there as it was."""
        if not _ID.fullmatch(request.id):
            raise InvalidRequest(
                "A document's id is 1 to 512 characters without control characters.", param="id"
            )
        identity = self._embedder.identity()
        collection = await self._worker.run(
            lambda: self._collection(request, identity), deadline, "opening the collection"
        )
        mark = fingerprint(request, collection)
        known = await self._worker.run(
            lambda: self._store.known(collection, request.id, mark), deadline, "the look-up"
        )
        if known is not None:
            return IngestOutcome(request.id, "unchanged", known)
        prepared = await self._worker.run(
            lambda: prepare(request, collection.settings), deadline, "reading the document"
        )
        vectors = await self._embed(prepared, collection, request.request_id, deadline)
        new = NewDocument(prepared.document, mark, prepared.chunks, vectors)
        return await self._worker.run(
            lambda: self._put(new, request.flush), deadline, "writing the document"
        )

    async def delete(
        self, collection: str, ids: Sequence[str], deadline: Deadline
    ) -> tuple[str, ...]:
        """Delete documents; those of the ids that existed."""
        return await self._worker.run(
            lambda: self._delete(collection, ids), deadline, "deleting documents"
        )

    async def drop(self, collection: str, deadline: Deadline) -> None:
        """Delete a collection with all its documents."""
        await self._worker.run(lambda: self._drop(collection), deadline, "deleting the collection")

    async def flush(self, collection: str, deadline: Deadline) -> None:
        """Write the collection's index snapshot; without it the next start builds the index."""
        await self._worker.run(
            lambda: self._flush(collection), deadline, "writing the index snapshot"
        )

    def _collection(self, request: IngestRequest, identity: EmbedderIdentity) -> Collection:
        collection = self._store.ensure(
            request.collection, identity, request.settings, self._defaults
        )
        check_identity(collection, identity)
        return collection

    async def _embed(
        self, prepared: Prepared, collection: Collection, request_id: str, deadline: Deadline
    ) -> Vectors:
        parts: list[Vectors] = []
        for start in range(0, len(prepared.texts), _BATCH):
            embeddings = await self._embedder.embed(
                EmbeddingRequest(
                    model=collection.identity.model,
                    texts=prepared.texts[start : start + _BATCH],
                    purpose="document",
                    request_id=request_id,
                ),
                deadline,
            )
            check_identity(collection, embeddings.identity)
            parts.append(embeddings.vectors)
        return unit(np.concatenate(parts))

    def _put(self, new: NewDocument, flush: bool) -> IngestOutcome:
        document = new.document
        with self._writing:
            change = self._store.put(document.collection, new)
            self._indexes.apply(change, new.vectors)
            if flush:
                self._indexes.flush(change.collection)
        return IngestOutcome(document.id, change.status, document.chunks)

    def _delete(self, collection: str, ids: Sequence[str]) -> tuple[str, ...]:
        with self._writing:
            change = self._store.delete(collection, ids)
            if change.documents:
                none = np.empty((0, change.collection.identity.dim), np.float32)
                self._indexes.apply(change, none)
                self._indexes.flush(change.collection)
        return change.documents

    def _drop(self, collection: str) -> None:
        with self._writing:
            self._indexes.forget(self._store.drop(collection))

    def _flush(self, collection: str) -> None:
        with self._writing:
            self._indexes.flush(self._store.collection(collection))
