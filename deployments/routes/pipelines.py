"""Pipelines and their runs: start one, watch it, look one up."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from deployments.call import Call
from deployments.gateway_state import SharedState
from deployments.wire.body import read_json
from deployments.wire.chat_body import RouteBody
from deployments.wire.errors import error_object
from deployments.wire.openapi import json_body
from deployments.wire.run_events import event_object, run_object
from models.errors import BodyTooLarge, InvalidAudio
from router.keys import Scope
from router.plan import Plan
from router.route_object import run_json

router = APIRouter(tags=["pipelines"])


class RunBody(BaseModel):
    """What to run a pipeline with; audio is base64."""

    model_config = ConfigDict(extra="forbid")

    inputs: dict[str, Any] = Field(default_factory=dict)
    stream: bool = False
    route: RouteBody = Field(default_factory=RouteBody)


@router.get("/v1/pipelines", summary="List the pipelines")
async def index(request: Request, state: SharedState) -> dict[str, Any]:
    """Every pipeline with its version, inputs and steps."""
    state.keyring.principal(request, Scope.INFER)
    return {"object": "list", "data": [_shown(plan) for plan in state.pipelines.plans()]}


@router.get("/v1/pipelines/{name}", summary="One pipeline")
async def show(name: str, request: Request, state: SharedState) -> dict[str, Any]:
    """The pipeline of that name."""
    state.keyring.principal(request, Scope.INFER)
    return _shown(state.pipelines.plan(name))


@router.post(
    "/v1/pipelines/{name}/runs", summary="Run a pipeline", openapi_extra=json_body(RunBody)
)
async def run(name: str, request: Request, state: SharedState) -> Response:
    """The finished run, or with `stream` its events as they happen."""
    principal = state.keyring.principal(request, Scope.INFER)
    body = await read_json(request, RunBody, state.limits.body_bytes)
    call = Call(state, principal, request, body.route)
    plan = state.pipelines.plan(name)
    request.state.model = f"pipeline/{plan.name}"
    wanted = call.run_request(_inputs(plan, body.inputs, state.limits.audio_bytes))
    if body.stream:
        return call.streamed(_events(call, plan, wanted))
    result = await state.pipelines.finish(call, plan, wanted)
    if result.error is None:
        return JSONResponse(run_json(result))
    failed = run_json(result) | error_object(result.error)
    return JSONResponse(failed, status_code=result.error.status)


@router.get("/v1/runs", summary="The newest runs")
async def runs(request: Request, state: SharedState, limit: int = 50) -> dict[str, Any]:
    """The newest runs of the key's tenant, newest first, without content."""
    principal = state.keyring.principal(request, Scope.READ)
    deadline = state.deadline()
    found = await state.state.call("recent_runs", principal.tenant, limit, deadline=deadline)
    return {"object": "list", "data": [run_object(record) for record in found]}


@router.get("/v1/runs/{run_id}", summary="One run")
async def one_run(run_id: str, request: Request, state: SharedState) -> dict[str, Any]:
    """A run of the key's tenant, without content."""
    principal = state.keyring.principal(request, Scope.READ)
    found = await state.state.call("run", principal.tenant, run_id, deadline=state.deadline())
    return run_object(found)


async def _events(call: Call, plan: Plan, wanted: Any) -> AsyncGenerator[bytes, None]:
    async with aclosing(call.state.pipelines.run(call, plan, wanted)) as events:
        async for event in events:
            yield b"data: " + json.dumps(event_object(event)).encode() + b"\n\n"


def _inputs(plan: Plan, inputs: dict[str, Any], limit: int) -> dict[str, Any]:
    found = dict(inputs)
    for name, field in plan.inputs.items():
        if field.kind == "Audio" and isinstance(found.get(name), str):
            found[name] = _audio(name, found[name], limit)
    return found


def _audio(name: str, text: str, limit: int) -> bytes:
    try:
        audio = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidAudio(f"inputs.{name} is not base64.", param=f"inputs.{name}") from None
    if not audio:
        raise InvalidAudio(f"inputs.{name} is empty.", param=f"inputs.{name}")
    if len(audio) > limit:
        raise BodyTooLarge(f"inputs.{name} is over {limit} bytes.", param=f"inputs.{name}")
    return audio


def _shown(plan: Plan) -> dict[str, Any]:
    return {
        "id": f"pipeline/{plan.name}",
        "name": plan.name,
        "version": plan.version,
        "inputs": {
            name: {"type": field.kind, "required": field.required}
            for name, field in plan.inputs.items()
        },
        "steps": [{"name": step.name, "use": step.use} for step in plan.steps],
    }
