"""Collections apart by tenant: each tenant has names, documents and indexes of its own.

The first tenant's collections are stored under their own names, every other's as `tenant~name`;
no name that a client sends may have the mark, so that none leads to another's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from models.deadline import Deadline
from models.errors import InvalidRequest, NotFound
from retrieval.documents import Hit
from retrieval.ports import Searcher, SearchRequest
from router.store.state import FIRST_TENANT

MARK = "~"


def stored_name(tenant: str, name: str) -> str:
    """What retrieval calls a tenant's collection; InvalidRequest for a name with the mark."""
    if MARK in name:
        raise InvalidRequest(f"A collection's name has no '{MARK}'.", param="collection")
    return name if tenant == FIRST_TENANT else f"{tenant}{MARK}{name}"


def own_name(tenant: str, stored: str) -> str | None:
    """What the tenant calls a stored collection, None for another tenant's."""
    owner, _, name = stored.rpartition(MARK)
    return name if owner == (tenant if tenant != FIRST_TENANT else "") else None


@contextmanager
def own_words(tenant: str) -> Iterator[None]:
    """What is not found is told under the names the tenant knows."""
    try:
        yield
    except NotFound as error:
        told = error.message.replace(f"{tenant}{MARK}", "")
        raise type(error)(told, param=error.param) from error


class TenantSearcher:
    """A Searcher in the collections of one tenant."""

    def __init__(self, searcher: Searcher, tenant: str) -> None:
        self._searcher = searcher
        self._tenant = tenant

    async def search(self, request: SearchRequest, deadline: Deadline) -> tuple[Hit, ...]:
        """The best hits, told under the name that was asked for."""
        with own_words(self._tenant):
            hits = await self._searcher.search(self._stored(request), deadline)
        return tuple(replace(hit, collection=request.collection) for hit in hits)

    async def labels(self, request: SearchRequest, deadline: Deadline) -> frozenset[str]:
        """The labels in the collection that the request may see."""
        with own_words(self._tenant):
            return await self._searcher.labels(self._stored(request), deadline)

    def _stored(self, request: SearchRequest) -> SearchRequest:
        return replace(request, collection=stored_name(self._tenant, request.collection))
