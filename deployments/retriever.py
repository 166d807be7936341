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
from models.deadline import Deadline
from models.errors import NotFound
from models.tools import ToolCall, ToolResult
from retrieval.documents import Document, Hit
from retrieval.ingest import IngestOutcome
from retrieval.opening import open_retrieval
from retrieval.ports import QueryRequest, QueryResult, SearchRequest
from retrieval.preparing import IngestRequest
from retrieval.source_tools import open_tools
from retrieval.sources import open_sources

START_S = 300.0


@serve.deployment
class Retriever:
    """One writer and reader over the home's documents."""

    async def __init__(self, home: str, embedder: Any, sources: Mapping[str, str]) -> None:  # type: ignore[misc]  # Serve awaits it
        enter_replica("retriever")
        remote = RemoteEmbedder(ServeRemote(embedder, "embedder"))
        await remote.connect(Deadline.after(START_S))
        self._retrieval = open_retrieval(Home(Path(home)).collections, remote)
        self._sources = open_sources(Home(Path(home)).path, sources)
        self._tools = open_tools(Home(Path(home)).path, sources)

    async def search(self, request: SearchRequest, seconds: float) -> tuple[Hit, ...]:
        """The best hits that the request may see."""
        return await self._retrieval.searcher.search(request, Deadline.after(seconds))

    async def labels(self, request: SearchRequest, seconds: float) -> frozenset[str]:
        """The labels in a collection that the request may see."""
        return await self._retrieval.searcher.labels(request, Deadline.after(seconds))

    async def query(self, request: QueryRequest, seconds: float) -> QueryResult:
        """The rows of a named query."""
        return await self._sources.query(request, Deadline.after(seconds))

    async def act(self, call: ToolCall, seconds: float) -> ToolResult:
        """Do an act of a source; whether it may be done was decided before."""
        return await self._tools.call(call, Deadline.after(seconds))

    async def ingest(self, request: IngestRequest, seconds: float) -> IngestOutcome:
        """Add or update one document."""
        return await self._retrieval.ingestor.ingest(request, Deadline.after(seconds))

    async def delete(self, collection: str, ids: tuple[str, ...], seconds: float) -> Any:
        """Remove documents; answers the ids that were there."""
        return await self._retrieval.ingestor.delete(collection, ids, Deadline.after(seconds))

    async def documents(self, collection: str) -> tuple[Document, ...]:
        """The documents of one collection."""
        return self._retrieval.store.documents(collection)

    async def document(self, collection: str, id: str) -> Document:
        """One document; raises NotFound."""
        for document in self._retrieval.store.documents(collection):
            if document.id == id:
                return document
        raise NotFound(f"The collection '{collection}' has no such document.", param="id")

    async def collections(self) -> tuple[str, ...]:
        """The names of the collections."""
        return tuple(collection.name for collection in self._retrieval.store.collections())

    async def stats(self) -> dict[str, int]:
        """Alive when it answers."""
        return {"running": 0, "waiting": 0}
