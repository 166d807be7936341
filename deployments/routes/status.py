"""What the server says of itself: status for people, metrics for Prometheus."""

from __future__ import annotations

import asyncio
import time
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from deployments.gateway_state import GatewayState, SharedState
from deployments.model_status import Load
from deployments.wire.peer import is_this_machine
from router.keys import Scope
from router.telemetry import CONTENT_TYPE

router = APIRouter(tags=["status"])


@router.get("/v1/status", summary="What runs")
async def status(request: Request, state: SharedState) -> dict[str, Any]:
    """Models with their load, pipelines, versions, and the policy in force."""
    state.keyring.principal(request, Scope.ADMIN)
    return {
        "status": "ready" if state.status.ready() else "starting",
        "version": version("podium"),
        "profile": state.settings.profile,
        "uptime_s": round(time.time() - state.started, 1),
        "remote": state.settings.remote,
        "policy": _policy(state),
        "models": {name: _model(state, name) for name in state.models},
        "pipelines": list(state.pipelines.names()),
        "prompts_refused": state.pipelines.keeper.refused,
        "gateway": {"replicas": state.settings.gateway.replicas},
    }


@router.get("/metrics", summary="Prometheus metrics")
async def metrics(request: Request, state: SharedState) -> Response:
    """For an admin key, or without one for who stands on this machine."""
    if not (state.on_loopback and is_this_machine(request)):
        state.keyring.principal(request, Scope.ADMIN)
    async with asyncio.TaskGroup() as group:
        for name in state.models:
            group.create_task(state.status.ask(name))
    state.meter.policy(refused=state.keeper is not None and state.keeper.refused is not None)
    return Response(state.meter.text(state.status.loads()), media_type=CONTENT_TYPE)


def _policy(state: GatewayState) -> dict[str, Any]:
    keeper = state.keeper
    return {
        "digest": state.policy.digest,
        "version": state.policy.version,
        "file": keeper.file if keeper else None,
        "refused": keeper.refused if keeper else None,
        "refused_digest": keeper.refused_digest if keeper else None,
    }


def _model(state: GatewayState, name: str) -> dict[str, Any]:
    card, load = state.catalog.card(name), state.status.loads()[name]
    return {
        "state": load.state,
        "kind": card.kind,
        "engine": card.dialect,
        "site": card.site,
        "running": load.running,
        "waiting": load.waiting,
        "kv_cache_usage": load.kv_cache_usage,
        "window": load.window,
        "digest": load.digest,
        "price": card.tariff.as_dict(),
        "held": _held(load),
    }


def _held(load: Load) -> dict[str, Any] | None:
    """Why a model outside is not asked, and for how long."""
    held = load.held_now(time.monotonic())
    if held is None:
        return None
    return {"reason": held.reason, "seconds": round(held.seconds, 1), "detail": held.detail}
