"""Retrieval between two processes: no label is believed there that is not sealed.

Both ends have the home's secret. A label goes as it is, with its seal beside it in `sealed`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from deployments.remote import Remote
from models.deadline import Deadline
from models.errors import InvalidDocument, NotFound
from retrieval.documents import Document, Hit
from retrieval.ingest import IngestOutcome
from retrieval.opening import Retrieval
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from retrieval.seals import digest
from router.label_seal import LabelSeals, digest_of


@dataclass(frozen=True, slots=True)
class Sealed:
    """Something with a label, and the seal that holds the two together."""

    data: Any
    seal: str


class SealedRetrieval:
    """The Retriever's side: what goes out is sealed, what comes in unsealed is nobody's."""

    def __init__(self, retrieval: Retrieval, seals: LabelSeals) -> None:
        self._retrieval = retrieval
        self._seals = seals

    async def search(self, request: SearchRequest, seconds: float) -> tuple[Sealed, ...]:
        """The best hits that the request may see."""
        hits = await self._retrieval.searcher.search(request, Deadline.after(seconds))
        return tuple(map(self._sealed, hits))

    async def labels(self, request: SearchRequest, seconds: float) -> frozenset[Sealed]:
        """The labels in a collection that the request may see."""
        found = await self._retrieval.searcher.labels(request, Deadline.after(seconds))
        about = _searched(request)
        return frozenset(Sealed(label, self._seals.seal(label, about)) for label in found)

    async def ingest(self, sent: Sealed, seconds: float) -> IngestOutcome:
        """Add or update one document; one whose label is not sealed is refused.

        The snapshot of the index is left to whoever counts the writes.
        """
        request = cast(IngestRequest, sent.data)
        if self._seals.believed(request.label, sent.seal, _ingested(request)) != request.label:
            raise InvalidDocument("The document's label was altered on its way; send it again.")
        kept = replace(request, flush=False)
        return await self._retrieval.ingestor.ingest(kept, Deadline.after(seconds))

    async def document(self, collection: str, id: str) -> Sealed:
        """One document; raises NotFound."""
        for document in self._retrieval.store.documents(collection):
            if document.id == id:
                return self._sealed(document)
        raise NotFound(f"The collection '{collection}' has no such document.", param="id")

    async def documents(self, collection: str) -> tuple[Sealed, ...]:
        """The documents of one collection."""
        return tuple(map(self._sealed, self._retrieval.store.documents(collection)))

    def _sealed(self, one: Document | Hit) -> Sealed:
        return Sealed(one, self._seals.seal(one.label, _shown(one)))


class SealedRemote:
    """The gateway's side: a Remote over the Retriever whose labels can be believed."""

    def __init__(self, remote: Remote, seals: LabelSeals) -> None:
        self.name = remote.name
        self._remote = remote
        self._seals = seals

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        """The method's answer, every label in it opened."""
        if method == "ingest":
            request = cast(IngestRequest, args[0])
            seal = self._seals.seal(request.label, _ingested(request))
            args = (Sealed(request, seal), *args[1:])
        answer = await self._remote.call(method, *args, deadline=deadline)
        if method in ("search", "documents"):
            return tuple(map(self._opened, answer))
        if method == "document":
            return self._opened(answer)
        if method == "labels":
            about = _searched(cast(SearchRequest, args[0]))
            believed = self._seals.believed
            return frozenset(believed(str(one.data), one.seal, about) for one in answer)
        return answer

    def stream(self, method: str, *args: object, deadline: Deadline) -> AsyncGenerator[Any, None]:
        """As of the Remote; nothing of retrieval streams."""
        return self._remote.stream(method, *args, deadline=deadline)

    def _opened(self, sent: Sealed) -> Document | Hit:
        one = cast(Document | Hit, sent.data)
        return replace(one, label=self._seals.believed(one.label, sent.seal, _shown(one)))


def _shown(one: Document | Hit) -> str:
    """What a label is about that comes from retrieval: all of it but the label."""
    facts = asdict(one)
    facts.pop("label")
    return digest(type(one).__name__, facts)


def _searched(request: SearchRequest) -> str:
    return digest("labels", request.collection, request.request_id)


def _ingested(request: IngestRequest) -> str:
    raising = request.detection.digest if request.detection else ""
    return digest("ingest", request.collection, request.id, digest_of(request.content), raising)
