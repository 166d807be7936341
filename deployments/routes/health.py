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
        refused = state.keeper is not None and state.keeper.refused is not None
        # Still ready: the policy accepted before is in force. Why is for `podium status` to say.
        more = {"policy": "refused"} if refused else {}
        return JSONResponse({"status": "ready", **more})
    models = {name: load.state for name, load in state.status.loads().items()}
    return JSONResponse({"status": "starting", "models": models}, status_code=503)
