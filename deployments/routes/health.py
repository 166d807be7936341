"""Liveness and readiness; neither needs a key."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from deployments.gateway_state import SharedState

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether this process lives")
async def healthz() -> dict[str, str]:
    """Alive when it answers."""
    return {"status": "ok"}


@router.get("/readyz", summary="Which models answer")
async def readyz(state: SharedState) -> JSONResponse:
    """200 when every model answers, else 503 with the state of each."""
    if state.status.ready():
        return JSONResponse({"status": "ready"})
    models = {name: load.state for name, load in state.status.loads().items()}
    return JSONResponse({"status": "starting", "models": models}, status_code=503)
