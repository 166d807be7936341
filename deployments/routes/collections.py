"""Collections: put documents in, take them out, search them."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from deployments.call import Call
from deployments.gateway_state import SharedState
from deployments.tenant_collections import TenantSearcher, own_name, own_words, stored_name
from deployments.wire.body import read_bytes, read_json
from deployments.wire.chat_body import RouteBody
from deployments.wire.openapi import json_body
from models.errors import InvalidDocument, InvalidRequest, NotFound
from retrieval.documents import Document, Hit
from retrieval.ports import SearchRequest
from retrieval.preparing import IngestRequest
from retrieval.settings import Mode
from router.detect.documents import DocumentDetection
from router.keys import USUAL_FLOOR, Principal, Scope
from router.label import LEAST, Clearance, Label, LabelFilter, Level

router = APIRouter(tags=["collections"])
_PATH = "/v1/collections/{collection}/documents"


class SearchBody(BaseModel):
    """What to look for."""

    model_config = ConfigDict(extra="forbid")

    query: str = Field(min_length=1, max_length=8192)
    k: int | None = Field(default=None, ge=1, le=200)
    mode: Mode | None = None


@router.get("/v1/collections", summary="List the collections")
async def index(request: Request, state: SharedState) -> dict[str, Any]:
    """The names of the tenant's collections."""
    tenant = state.keyring.principal(request, Scope.READ).tenant
    stored = await state.retriever.call("collections", deadline=state.deadline())
    names = [own_name(tenant, name) for name in stored]
    return {"object": "list", "data": [{"name": name} for name in names if name is not None]}


@router.put(_PATH + "/{id:path}", summary="Add or update a document")
async def put(
    collection: str, id: str, request: Request, state: SharedState, source: str | None = None
) -> dict[str, Any]:
    """Parse, cut, embed and index the document in the body; the same bytes again change nothing."""
    principal = state.keyring.principal(request, Scope.WRITE)
    content = await read_bytes(request, state.limits.body_bytes)
    if not content:
        raise InvalidDocument("The document is empty.", param="body")
    wanted = IngestRequest(
        collection=stored_name(principal.tenant, collection),
        id=id,
        content=content,
        label=_document_label(state, principal, source or collection).to_json(),
        detection=DocumentDetection(state.policy.raises(source or collection)),
        title=request.headers.get("x-document-title"),
        media_type=_media_type(request),
        settings=state.settings.retriever.collection,
        request_id=request.state.request_id,
    )
    deadline = state.deadline()
    outcome = await state.retriever.call("ingest", wanted, deadline.remaining(), deadline=deadline)
    return {"id": id, "status": outcome.status, "chunks": outcome.chunks}


@router.get(_PATH, summary="List the documents of a collection")
async def documents(collection: str, request: Request, state: SharedState) -> dict[str, Any]:
    """The documents that the key may see."""
    principal = state.keyring.principal(request, Scope.READ)
    stored = stored_name(principal.tenant, collection)
    with own_words(principal.tenant):
        found = await state.retriever.call("documents", stored, deadline=state.deadline())
    access = _access(principal)
    return {"documents": [_shown(one, collection) for one in found if access.allows(one.label)]}


@router.get(_PATH + "/{id:path}", summary="One document")
async def document(
    collection: str, id: str, request: Request, state: SharedState
) -> dict[str, Any]:
    """What is known of a document."""
    principal = state.keyring.principal(request, Scope.READ)
    return _shown(await _visible(collection, id, principal, state), collection)


@router.delete(_PATH + "/{id:path}", summary="Delete a document")
async def delete(collection: str, id: str, request: Request, state: SharedState) -> dict[str, Any]:
    """Take a document out; no search finds it from then on."""
    principal = state.keyring.principal(request, Scope.WRITE)
    await _visible(collection, id, principal, state)
    deadline = state.deadline()
    stored = stored_name(principal.tenant, collection)
    await state.retriever.call("delete", stored, (id,), deadline.remaining(), deadline=deadline)
    return {"id": id, "deleted": True}


@router.post(
    "/v1/collections/{collection}/search",
    summary="Search a collection",
    openapi_extra=json_body(SearchBody),
)
async def search(collection: str, request: Request, state: SharedState) -> dict[str, Any]:
    """The best passages that the key may see."""
    principal = state.keyring.principal(request, Scope.READ)
    body = await read_json(request, SearchBody, state.limits.body_bytes)
    call = Call(state, principal, request, RouteBody())
    wanted = SearchRequest(
        collection, body.query, _access(principal), body.k, body.mode, call.request_id
    )
    searcher = TenantSearcher(state.searcher, principal.tenant)
    hits = await searcher.search(wanted, call.deadline)
    return {"hits": [_hit(hit) for hit in hits]}


async def _visible(collection: str, id: str, principal: Principal, state: SharedState) -> Document:
    stored = stored_name(principal.tenant, collection)
    with own_words(principal.tenant):
        found: Document = await state.retriever.call(
            "document", stored, id, deadline=state.deadline()
        )
    if not _access(principal).allows(found.label):
        raise NotFound(f"The collection '{collection}' has no such document.", param="id")
    return found


def _document_label(state: SharedState, principal: Principal, source: str) -> Label:
    """The label of the collection's source; a name policy does not know is RESTRICTED.

    A key whose floor somebody raised raises what it puts in, whatever the source.
    """
    if len(source) > 128:
        raise InvalidRequest("'source' is too long.", param="source")
    floor = Label(level=principal.floor) if principal.floor > USUAL_FLOOR else LEAST
    return state.policy.source(source, principal.tenant).join(floor)


def _access(principal: Principal) -> LabelFilter:
    tenants = frozenset({principal.tenant})
    return LabelFilter(Clearance(Level.RESTRICTED, None, tenants=tenants))


def _media_type(request: Request) -> str | None:
    told = request.headers.get("content-type", "").split(";")[0].strip().lower()
    unknown = ("", "application/octet-stream", "application/x-www-form-urlencoded")
    return None if told in unknown else told


def _shown(document: Document, collection: str) -> dict[str, Any]:
    shown = asdict(document) | {"label": _label(document.label), "collection": collection}
    shown["metadata"] = dict(document.metadata)
    return shown


def _hit(hit: Hit) -> dict[str, Any]:
    return asdict(hit) | {"label": _label(hit.label)}


def _label(text: str) -> Any:
    label = json.loads(text)
    return {name: label[name] for name in ("level", "categories", "integrity", "regions")}
