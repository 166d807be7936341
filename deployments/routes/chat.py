"""POST /v1/chat/completions: a model or a pipeline answers, whole or streaming."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from deployments.answering import answer
from deployments.gateway_state import SharedState
from deployments.wire.body import read_json
from deployments.wire.chat_body import ChatBody
from deployments.wire.chat_response import OpenAiDialect
from deployments.wire.openapi import json_body
from router.keys import Scope

router = APIRouter(tags=["chat"])


@router.post(
    "/v1/chat/completions", summary="Create a chat completion", openapi_extra=json_body(ChatBody)
)
async def create(request: Request, state: SharedState) -> Response:
    """Answer a conversation with a model or a pipeline."""
    principal = state.keyring.principal(request, Scope.INFER)
    body = await read_json(request, ChatBody, state.limits.body_bytes)
    counted = body.stream_options is not None and body.stream_options.include_usage
    return await answer(state, principal, request, body, OpenAiDialect(counted))
