"""Acts that wait for people: list them, read one, agree or refuse."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from deployments.acts import do_approved, verdict_now
from deployments.gateway_state import GatewayState, SharedState
from deployments.wire.act_object import act_object
from models.errors import PolicyDenied
from router.acts.act import Act
from router.keys import Scope

router = APIRouter(tags=["approvals"])
SHOWN_IN = "downloads"


@router.get("/v1/approvals", summary="Acts of runs, newest first")
async def index(request: Request, state: SharedState, limit: int = 50) -> dict[str, Any]:
    """Every act of the key's tenant and where it stands, without content."""
    principal = state.keyring.principal(request, Scope.APPROVE)
    found = await state.state.call("acts", principal.tenant, limit, deadline=state.deadline())
    return {"object": "list", "data": [act_object(one) for one in found]}


@router.get("/v1/approvals/{id}", summary="One act")
async def show(id: str, request: Request, state: SharedState) -> dict[str, Any]:
    """The act with its exact arguments, as long as it waits and `sinks.downloads` may have them."""
    principal = state.keyring.principal(request, Scope.APPROVE)
    act = await state.state.call("act", principal.tenant, id, deadline=state.deadline())
    return _shown(state, act)


@router.post("/v1/approvals/{id}/approve", summary="Agree to an act")
async def approve(id: str, request: Request, state: SharedState) -> dict[str, Any]:
    """One key's yes; the last one that is needed has the act done, and the answer says how.

    The policy in force now is asked again: what it forbids meanwhile nobody can agree to.
    """
    principal = state.keyring.principal(request, Scope.APPROVE)
    act = await state.state.call("act", principal.tenant, id, deadline=state.deadline())
    verdict = verdict_now(state, act)
    if verdict.permission == "deny":
        raise verdict.error()
    _may_read(state, act)
    agreed = await state.state.call(
        "approve_act", act.tenant, id, principal.key_id, verdict.needed, deadline=state.deadline()
    )
    if agreed.status == "approved":
        await do_approved(state, agreed)
        agreed = await state.state.call("act", act.tenant, id, deadline=state.deadline())
    return act_object(agreed)


@router.post("/v1/approvals/{id}/reject", summary="Refuse an act")
async def reject(id: str, request: Request, state: SharedState) -> dict[str, Any]:
    """One key's no: the act is never done."""
    principal = state.keyring.principal(request, Scope.APPROVE)
    done = await state.state.call(
        "reject_act", principal.tenant, id, principal.key_id, deadline=state.deadline()
    )
    return act_object(done)


def _shown(state: GatewayState, act: Act) -> dict[str, Any]:
    readable = state.policy.may_reach(SHOWN_IN, act.label)
    return {**act_object(act), "arguments": act.arguments if readable else None}


def _may_read(state: GatewayState, act: Act) -> None:
    """Nobody agrees to what nobody may read."""
    if not state.policy.may_reach(SHOWN_IN, act.label):
        raise PolicyDenied(
            f"The rule sinks.{SHOWN_IN} of policy.yaml lets nobody read this act's arguments, so"
            " nobody can agree to it. Reject it, or let that sink have data of its label."
        )
