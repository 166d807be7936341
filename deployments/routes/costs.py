"""What calls came to: an administrator sees every tenant's, others their own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from deployments.gateway_state import SharedState
from models.tariff import dollars
from router.costs import CostQuery, CostSum, cost_query
from router.keys import Principal, Scope, check_tenant

router = APIRouter(tags=["costs"])


@router.get("/v1/costs", summary="What calls came to")
async def index(
    request: Request,
    state: SharedState,
    first: Annotated[str | None, Query(alias="from")] = None,
    last: Annotated[str | None, Query(alias="to")] = None,
    by: str | None = None,
    tenant: str | None = None,
) -> dict[str, Any]:
    """Sums of settled calls, cancelled ones included, in US dollars."""
    who = state.keyring.principal(request, Scope.READ)
    query = cost_query(datetime.now(UTC).date(), first, last, by, _tenant(who, tenant))
    sums: list[CostSum] = await state.state.call("costs", query, deadline=state.deadline())
    return _answer(query, sums)


def _tenant(who: Principal, asked: str | None) -> str | None:
    """Whose costs to show; None is everybody's."""
    if asked is not None:
        check_tenant(asked)
        if asked != who.tenant:
            who.require(Scope.ADMIN)
        return asked
    return None if who.allows(Scope.ADMIN) else who.tenant


def _answer(query: CostQuery, sums: list[CostSum]) -> dict[str, Any]:
    return {
        "object": "list",
        "from": query.first,
        "to": query.last,
        "by": list(query.by),
        "currency": "USD",
        "data": [_row(one) for one in sums],
        "total_usd": dollars(sum(one.nano for one in sums)),
        "estimated_usd": dollars(sum(one.estimated_nano for one in sums)),
    }


def _row(one: CostSum) -> dict[str, Any]:
    return {
        **one.group,
        "calls": one.calls,
        "cancelled": one.cancelled,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
        "cost_usd": dollars(one.nano),
        "estimated_usd": dollars(one.estimated_nano),
    }
