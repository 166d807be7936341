"""What the server says of itself: status for people, metrics for Prometheus."""

from __future__ import annotations

import ipaddress
import time
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from deployments.gateway_state import GatewayState, SharedState
from models.errors import AuthenticationFailed
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
        "policy": {"digest": state.policy.digest, "version": state.policy.version},
        "models": {name: _model(state, name) for name in state.models},
        "pipelines": list(state.pipelines.names()),
        "gateway": {"replicas": state.settings.gateway.replicas},
    }


@router.get("/metrics", summary="Prometheus metrics")
async def metrics(request: Request, state: SharedState) -> Response:
    """For an admin key, or for a peer on loopback without one."""
    if not _on_loopback(request):
        state.keyring.principal(request, Scope.ADMIN)
    for name in state.models:
        await state.status.ask(name)
    return Response(state.meter.text(state.status.loads()), media_type=CONTENT_TYPE)


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
    }


def _on_loopback(request: Request) -> bool:
    """Whether the peer is this machine; a proxy's word for its client counts before its own."""
    told = request.headers.get("x-forwarded-for", "").split(",")[0].strip()
    host = told or (request.client.host if request.client else "")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise AuthenticationFailed("Send an admin key to read the metrics.") from None
