"""The Retriever deployment: documents, their index, and the structured sources."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ray import serve

from deployments.handles import ServeRemote
from deployments.home import Home
from deployments.ports import RemoteEmbedder
from deployments.replica_environment import enter_replica
from deployments.sealed_retrieval import Sealed, SealedRetrieval
from deployments.snapshots_kept import SnapshotsKept
from models.deadline import Deadline
from models.tools import ToolCall, ToolResult
from retrieval.ingest import IngestOutcome
from retrieval.opening import open_in_postgres, open_retrieval
from retrieval.ports import QueryRequest, QueryResult, SearchRequest
from retrieval.settings import HnswSettings
from retrieval.source_tools import open_tools
from retrieval.sources import open_sources
from router.label_seal import LabelSeals, seal_key

START_S = 300.0


@serve.deployment
class Retriever:
    """One writer and reader over the home's documents, or over those in the PostgreSQL `store`."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self,
        home: str,
        embedder: Any,
        sources: Mapping[str, str],
        store: str | None = None,
        hnsw: HnswSettings | None = None,
    ) -> None:
        enter_replica("retriever")
        remote = RemoteEmbedder(ServeRemote(embedder, "embedder"))
        await remote.connect(Deadline.after(START_S))
        seals = LabelSeals(seal_key(Home(Path(home)).pepper()))
        self._retrieval = (
            open_in_postgres(store, remote, hnsw=hnsw, seals=seals)
            if store
            else open_retrieval(Home(Path(home)).collections, remote, seals=seals)
        )
        self._sealed = SealedRetrieval(self._retrieval, seals)
        self._snapshots = SnapshotsKept(self._flush)
        self._sources = open_sources(Home(Path(home)).path, sources)
        self._tools = open_tools(Home(Path(home)).path, sources)

    async def __del__(self) -> None:
        """Serve calls this before it ends the replica: the next one need not build the indexes."""
        snapshots = getattr(self, "_snapshots", None)
        if snapshots is not None:
            await snapshots.close()

    async def search(self, request: SearchRequest, seconds: float) -> tuple[Sealed, ...]:
        """The best hits that the request may see."""
        return await self._sealed.search(request, seconds)

    async def labels(self, request: SearchRequest, seconds: float) -> frozenset[Sealed]:
        """The labels in a collection that the request may see."""
        return await self._sealed.labels(request, seconds)

    async def query(self, request: QueryRequest, seconds: float) -> QueryResult:
        """The rows of a named query."""
        return await self._sources.query(request, Deadline.after(seconds))

    async def act(self, call: ToolCall, seconds: float) -> ToolResult:
        """Do an act of a source; whether it may be done was decided before."""
        return await self._tools.call(call, Deadline.after(seconds))

    async def ingest(self, sent: Sealed, seconds: float) -> IngestOutcome:
        """Add or update one document."""
        with self._snapshots.writing(sent.data.collection):
            outcome = await self._sealed.ingest(sent, seconds)
        if outcome.status != "unchanged":
            self._snapshots.wrote(sent.data.collection)
        return outcome

    async def _flush(self, collection: str) -> None:
        await self._retrieval.ingestor.flush(collection, Deadline.after(START_S))

    async def delete(self, collection: str, ids: tuple[str, ...], seconds: float) -> Any:
        """Remove documents; answers the ids that were there."""
        return await self._retrieval.ingestor.delete(collection, ids, Deadline.after(seconds))

    async def documents(self, collection: str) -> tuple[Sealed, ...]:
        """The documents of one collection."""
        return await self._sealed.documents(collection)

    async def document(self, collection: str, id: str) -> Sealed:
        """One document; raises NotFound."""
        return await self._sealed.document(collection, id)

    async def collections(self) -> tuple[str, ...]:
        """The names of the collections."""
        return tuple(collection.name for collection in self._retrieval.store.collections())

    async def stats(self) -> dict[str, int]:
        """Alive when it answers."""
        return {"running": 0, "waiting": 0}
