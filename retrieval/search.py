"""Searching a collection: dense, lexical or fused, and never past what the caller may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from models.deadline import Deadline
from models.embeddings import EmbeddingRequest, Vectors
from models.errors import InvalidRequest
from models.ports import Embedder
from retrieval.access import AccessFilter, allowed_labels
from retrieval.collection import Collection
from retrieval.documents import Hit
from retrieval.fusion import fuse
from retrieval.identity import check_identity
from retrieval.nearest import Nearest
from retrieval.ports import SearchRequest
from retrieval.scored import Scored
from retrieval.settings import MAX_HITS, Mode
from retrieval.store import Store
from retrieval.vectors import unit
from retrieval.worker import Worker

MAX_QUERY_CHARACTERS = 20_000

Recheck = Callable[[Iterable[Hit], AccessFilter], tuple[Hit, ...]]


def permitted(hits: Iterable[Hit], access: AccessFilter) -> tuple[Hit, ...]:
    """Those hits whose label, as SQL has it now, is allowed: trusts no index and no selector."""
    return tuple(hit for hit in hits if access.allows(hit.label))


class LocalSearcher:
    """The Searcher over a store and the vectors of its chunks."""

    def __init__(
        self,
        store: Store,
        indexes: Nearest,
        embedder: Embedder,
        worker: Worker,
        recheck: Recheck = permitted,
    ) -> None:
        self._store = store
        self._indexes = indexes
        self._embedder = embedder
        self._worker = worker
        self._recheck = recheck

    async def search(self, request: SearchRequest, deadline: Deadline) -> tuple[Hit, ...]:
        """At most `k` hits, best first, none of a label that `access` does not allow."""
        _check(request)
        collection = await self._worker.run(
            lambda: self._store.collection(request.collection), deadline, "the search"
        )
        mode = request.mode or collection.settings.mode
        vector = None if mode == "lexical" else await self._embed(collection, request, deadline)
        return await self._worker.run(
            lambda: self._find(collection, request, mode, vector), deadline, "the search"
        )

    async def labels(self, request: SearchRequest, deadline: Deadline) -> frozenset[str]:
        """The labels in the collection that `access` allows, whether they are found or not."""
        return await self._worker.run(
            lambda: allowed_labels(
                self._store.labels(self._store.collection(request.collection)), request.access
            ),
            deadline,
            "the search",
        )

    async def _embed(
        self, collection: Collection, request: SearchRequest, deadline: Deadline
    ) -> Vectors:
        check_identity(collection, self._embedder.identity())
        embeddings = await self._embedder.embed(
            EmbeddingRequest(
                model=collection.identity.model,
                texts=(request.query,),
                purpose="query",
                request_id=request.request_id,
            ),
            deadline,
        )
        check_identity(collection, embeddings.identity)
        vector: Vectors = unit(embeddings.vectors)[0]
        return vector

    def _find(
        self, collection: Collection, request: SearchRequest, mode: Mode, vector: Vectors | None
    ) -> tuple[Hit, ...]:
        labels = allowed_labels(self._store.labels(collection), request.access)
        if not labels:
            return ()
        k = request.k or collection.settings.k
        depth = max(k, collection.settings.depth) if mode == "fused" else k
        rankings: list[tuple[Scored, ...]] = []
        if vector is not None:
            rankings.append(self._indexes.search(collection, vector, depth, labels))
        if mode != "dense":
            rankings.append(self._store.match(collection, request.query, depth, labels))
        settings = collection.settings
        one = len(rankings) == 1
        ranking = rankings[0] if one else fuse(rankings, settings.rrf_k, settings.weights)
        found = self._store.passages([scored.chunk_pk for scored in ranking])
        return self._recheck(_hits(ranking, found), request.access)[:k]


def _hits(ranking: Iterable[Scored], found: Mapping[int, Hit]) -> Iterable[Hit]:
    """What the index still holds but SQL no longer does is left out."""
    for chunk_pk, score in ranking:
        if chunk_pk in found:
            yield replace(found[chunk_pk], score=score)


def _check(request: SearchRequest) -> None:
    if not request.query.strip():
        raise InvalidRequest("The query is empty; say what to look for.", param="query")
    if len(request.query) > MAX_QUERY_CHARACTERS:
        raise InvalidRequest(
            f"The query is over {MAX_QUERY_CHARACTERS} characters; shorten it.", param="query"
        )
    if request.k is not None and not 1 <= request.k <= MAX_HITS:
        raise InvalidRequest(f"k must be 1 to {MAX_HITS}.", param="k")
