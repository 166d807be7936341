"""GET /v1/models: what this server answers as."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from deployments.gateway_state import SharedState
from models.catalog import ModelCard
from models.errors import ModelNotFound
from router.keys import Principal, Scope

router = APIRouter(tags=["models"])
_VIRTUAL = ("auto", "auto:private")


@router.get("/v1/models", summary="List the models")
async def index(request: Request, state: SharedState) -> dict[str, Any]:
    """Local and remote models that the key may use, then the virtual ones."""
    who = state.keyring.principal(request, Scope.INFER)
    return {"object": "list", "data": _all(state, who)}


@router.get("/v1/models/{model:path}", summary="One model")
async def show(model: str, request: Request, state: SharedState) -> dict[str, Any]:
    """The model of that id."""
    who = state.keyring.principal(request, Scope.INFER)
    for item in _all(state, who):
        if item["id"] == model:
            return item
    raise ModelNotFound(f"There is no model '{model}'.", param="model")


def _all(state: SharedState, who: Principal) -> list[dict[str, Any]]:
    real = [_item(state, card) for card in state.served_cards() if who.may_use(card.id)]
    routed = _VIRTUAL if real else tuple(name for name in _VIRTUAL if who.may_use(name))
    pipelines = (f"pipeline/{name}" for name in state.pipelines.names())
    virtual = [*routed, *(name for name in pipelines if who.may_use(name))]
    return real + [_virtual(name) for name in virtual]


def _item(state: SharedState, card: ModelCard) -> dict[str, Any]:
    load = state.status.loads()[card.id]
    facts = {
        "kind": card.kind,
        "site": card.site,
        "engine": card.dialect,
        "context_window": load.window or card.window,
        "licence": card.licence,
        "digest": load.digest or card.digest,
        "price": card.tariff.as_dict(),
    }
    return _model(card.id, facts)


def _virtual(name: str) -> dict[str, Any]:
    kind = "pipeline" if name.startswith("pipeline/") else "router"
    nothing = dict.fromkeys(("context_window", "licence", "digest", "price"))
    return _model(name, {"kind": kind, "site": "local", "engine": "podium", **nothing})


def _model(name: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "podium", "podium": facts}
