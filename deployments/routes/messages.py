"""POST /v1/messages and count_tokens: the same models and pipelines for Anthropic's clients."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from deployments.answering import answer, count
from deployments.gateway_state import SharedState
from deployments.wire.body import read_json
from deployments.wire.messages_body import CountBody, MessagesBody
from deployments.wire.messages_request import chat_body
from deployments.wire.messages_response import MessagesDialect
from deployments.wire.openapi import json_body
from models.errors import InvalidRequest
from router.keys import Scope

router = APIRouter(tags=["messages"])
# The newest has no field for sampling any more; here both may send it, for models here know it.
VERSIONS = ("2023-06-01", "2026-10-21")


@router.post("/v1/messages", summary="Create a message", openapi_extra=json_body(MessagesBody))
async def create(request: Request, state: SharedState) -> Response:
    """Answer a conversation in Anthropic's dialect."""
    principal = state.keyring.principal(request, Scope.INFER)
    _check_version(request)
    body = await read_json(request, MessagesBody, state.limits.body_bytes)
    return await answer(state, principal, request, chat_body(body), MessagesDialect())


@router.post(
    "/v1/messages/count_tokens",
    summary="Count the tokens of a message",
    openapi_extra=json_body(CountBody),
)
async def count_tokens(request: Request, state: SharedState) -> Response:
    """Say what a conversation comes to, by the model's own tokenizer and template."""
    principal = state.keyring.principal(request, Scope.INFER)
    _check_version(request)
    body = await read_json(request, CountBody, state.limits.body_bytes)
    headers, tokens = await count(state, principal, request, chat_body(body))
    return JSONResponse({"input_tokens": tokens}, headers=headers)


def _check_version(request: Request) -> None:
    if request.headers.get("anthropic-version", VERSIONS[0]) not in VERSIONS:
        raise InvalidRequest(
            f"This server speaks anthropic-version {' and '.join(VERSIONS)}; send one of them.",
            param="anthropic-version",
        )
