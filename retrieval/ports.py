"""The ports of retrieval: searching documents, and querying structured sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from models.deadline import Deadline
from retrieval.access import AccessFilter
from retrieval.documents import Hit
from retrieval.settings import Mode

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What to find; `k` and `mode` None take the collection's own setting."""

    collection: str
    query: str
    access: AccessFilter
    k: int | None = None
    mode: Mode | None = None
    request_id: str = ""


class Searcher(Protocol):
    """Finds passages; raises PodiumError only."""

    async def search(self, request: SearchRequest, deadline: Deadline) -> tuple[Hit, ...]:
        """At most `k` hits, best first, none of a label that `access` does not allow."""

    async def labels(self, request: SearchRequest, deadline: Deadline) -> frozenset[str]:
        """The labels in the collection that `access` allows: all that a search can depend on."""


@dataclass(frozen=True, slots=True)
class QueryRequest:
    """A named query of a named source, with a value for each of its parameters."""

    source: str
    name: str
    params: Mapping[str, Scalar] = field(default_factory=dict)
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """The rows by column name; `truncated` says that there were more than the row limit.

    `written_by` are the sources whose acts write into the tables that were read.
    """

    source: str
    name: str
    rows: tuple[Mapping[str, Scalar], ...]
    truncated: bool = False
    written_by: frozenset[str] = frozenset()


class Source(Protocol):
    """Answers named, read-only queries; raises PodiumError only."""

    async def query(self, request: QueryRequest, deadline: Deadline) -> QueryResult:
        """The rows found; none found is a result, not an error."""
