"""Keys and the limits of tenants, for an administrator: make, list, revoke, limit."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from deployments.gateway_state import SharedState
from deployments.wire.body import read_json
from deployments.wire.key_object import key_object, limits_object
from deployments.wire.openapi import json_body
from models.errors import InvalidRequest
from router.key_expiry import expiry
from router.key_limits import KeyLimits, limits_of
from router.keys import DEFAULT_SCOPES, Scope, check_tenant, parse_scopes
from router.label import Level
from router.planner import PIPELINE_PREFIX, VIRTUAL
from router.store.records import Spending
from router.store.state import NewKey

router = APIRouter(tags=["keys"])
_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class LimitsBody(BaseModel):
    """Rates a minute and budgets; what is left out is not limited."""

    model_config = _STRICT

    rpm: int | None = None
    tpm: int | None = None
    budget_usd: list[str] = Field(default_factory=list, max_length=2)
    tokens_per_day: int | None = None

    def limits(self) -> KeyLimits:
        """As the router takes them; raises InvalidRequest naming the field."""
        return limits_of(
            rpm=self.rpm,
            tpm=self.tpm,
            budget_usd=self.budget_usd,
            tokens_per_day=self.tokens_per_day,
        )


class KeyBody(LimitsBody):
    """A key to make; `expires` is a span as `30d` or a date, `models` the names it may ask for."""

    tenant: str = "default"
    name: str = ""
    scopes: list[str] = Field(default_factory=lambda: [one.value for one in sorted(DEFAULT_SCOPES)])
    min_class: Literal["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"] = "INTERNAL"
    expires: str | None = None
    models: list[str] | None = Field(default=None, min_length=1, max_length=256)


@router.post(
    "/v1/admin/keys", summary="Make a key", status_code=201, openapi_extra=json_body(KeyBody)
)
async def create(request: Request, state: SharedState) -> dict[str, Any]:
    """The key in the clear, this once, and what it may do."""
    state.keyring.principal(request, Scope.ADMIN)
    body = await read_json(request, KeyBody, state.limits.body_bytes)
    deadline = state.deadline()
    made = await state.state.call("create_key", _wanted(body, state), deadline=deadline)
    records = await state.keyring.refresh(state.state, deadline)
    record = next(one for one in records if (one.tenant, one.id) == (made.tenant, made.id))
    return {"key": str(made), **key_object(record, (), time.time())}


@router.get("/v1/admin/keys", summary="List the keys")
async def index(request: Request, state: SharedState, tenant: str | None = None) -> dict[str, Any]:
    """Every key, or one tenant's, with what is spent of its budgets; never a secret."""
    state.keyring.principal(request, Scope.ADMIN)
    if tenant is not None:
        check_tenant(tenant)
    deadline, now = state.deadline(), time.time()
    records = await state.state.call("keys", deadline=deadline)
    limits = await state.state.call("tenant_limits", deadline=deadline)
    spent = await state.state.call("spent", tenant, deadline=deadline)
    return {
        "object": "list",
        "data": [key_object(one, spent, now) for one in records if tenant in (None, one.tenant)],
        "tenants": _tenants(limits, spent, tenant),
    }


@router.delete("/v1/admin/keys/{tenant}/{id}", summary="Revoke a key")
async def revoke(tenant: str, id: str, request: Request, state: SharedState) -> dict[str, Any]:
    """The key stops at once here, and in every other gateway within seconds."""
    state.keyring.principal(request, Scope.ADMIN)
    deadline = state.deadline()
    await state.state.call("revoke_key", tenant, id, deadline=deadline)
    await state.keyring.refresh(state.state, deadline)
    return {"tenant": tenant, "id": id, "revoked": True}


@router.put(
    "/v1/admin/tenants/{tenant}/limits",
    summary="Limit a tenant",
    openapi_extra=json_body(LimitsBody),
)
async def limit(tenant: str, request: Request, state: SharedState) -> dict[str, Any]:
    """Set what all keys of a tenant may use together, in place of what was set before."""
    state.keyring.principal(request, Scope.ADMIN)
    body = await read_json(request, LimitsBody, state.limits.body_bytes)
    deadline, limits = state.deadline(), body.limits()
    await state.state.call("limit_tenant", tenant, limits, deadline=deadline)
    await state.keyring.refresh(state.state, deadline)
    return {"tenant": tenant, "limits": limits_object(limits, ())}


def _tenants(
    limits: Mapping[str, KeyLimits], spent: Sequence[Spending], only: str | None
) -> dict[str, Any]:
    whole = [one for one in spent if not one.key_id]
    return {
        name: limits_object(found, [one for one in whole if one.tenant == name])
        for name, found in limits.items()
        if only in (None, name)
    }


def _wanted(body: KeyBody, state: SharedState) -> NewKey:
    return NewKey(
        tenant=body.tenant,
        scopes=parse_scopes(body.scopes),
        floor=Level[body.min_class],
        expires=None if body.expires is None else expiry(body.expires, time.time()),
        name=body.name,
        models=None if body.models is None else _known(body.models, state),
        limits=body.limits(),
    )


def _known(models: list[str], state: SharedState) -> frozenset[str]:
    pipelines = {f"{PIPELINE_PREFIX}{name}" for name in state.pipelines.names()}
    named = {state.catalog.card(one).id if one in state.catalog else one for one in models}
    unknown = sorted(
        one for one in named if one not in state.catalog and one not in {*VIRTUAL, *pipelines}
    )
    if unknown:
        raise InvalidRequest(
            f"There is no model or pipeline '{unknown[0]}'. GET /v1/models lists those there are.",
            param="models",
        )
    return frozenset(named)
