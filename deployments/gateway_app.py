"""The ASGI application of a gateway: its routes, its error shape, its outermost layer."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from deployments.gateway_state import GatewayState
from deployments.routes import (
    approvals,
    audio,
    chat,
    collections,
    costs,
    embeddings,
    health,
    images,
    keys,
    messages,
    models,
    pipelines,
    realtime,
    status,
)
from deployments.wire.errors import error_response, on_error
from deployments.wire.openapi import describe
from deployments.wire.rate_headers import RateHeaders
from deployments.wire.request_context import RequestContext
from models.errors import InvalidRequest, PodiumError

MODULES = (
    health, chat, messages, embeddings, audio, realtime, images, models, pipelines, approvals,
    collections, status, keys, costs,
)  # fmt: skip


def gateway_app(state: GatewayState, *, echo_id: bool = True) -> Any:
    """The whole application over `state`; `echo_id` is for servers that don't do it themselves."""
    app = FastAPI(
        title="Podium",
        version=version("podium"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # A client that follows a redirect may send its body, and its key, to whatever Host said.
        redirect_slashes=False,
    )
    app.state.gateway = state
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    for module in MODULES:
        app.include_router(module.router)
    app.add_exception_handler(PodiumError, on_error)
    app.add_exception_handler(HTTPException, on_error)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_middleware(RateHeaders)
    app.add_middleware(RequestContext, limits=state.limits, meter=state.meter, echo=echo_id)
    return app


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type
    first = error.errors()[0]
    param = ".".join(str(part) for part in first["loc"][1:]) or None
    return error_response(InvalidRequest(f"'{param}': {first['msg']}.", param=param), request)
