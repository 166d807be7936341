"""POST /v1/chat/completions: a model or a pipeline answers, whole or streaming."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from deployments.call import Call
from deployments.gateway_state import SharedState
from deployments.wire.body import read_json
from deployments.wire.body_texts import chat_texts
from deployments.wire.chat_body import ChatBody
from deployments.wire.chat_request import (
    chat_request,
    check_limits,
    check_pipeline,
    last_user_audio,
    last_user_text,
)
from deployments.wire.chat_response import DONE, ChunkWriter, completion_body
from deployments.wire.event_stream import EventStream
from models.catalog import ModelCard
from models.messages import ChatDelta, ChatRequest, Choice, Completion, Message, Usage
from router.events import RunResult
from router.keys import Scope
from router.plan import Plan
from router.planner import PIPELINE_PREFIX
from router.route_object import route_object
from router.steps.kind import RunRequest

router = APIRouter(tags=["chat"])


@router.post("/v1/chat/completions", summary="Create a chat completion")
async def create(request: Request, state: SharedState) -> Response:
    """Answer a conversation with a model or a pipeline."""
    principal = state.keyring.principal(request, Scope.INFER)
    body = await read_json(request, ChatBody, state.limits.body_bytes)
    check_limits(body, state.limits)
    call = Call(state, principal, request, body.route)
    if body.model.startswith(PIPELINE_PREFIX):
        plan = state.pipelines.plan(body.model)
        request.state.model = body.model
        return await _pipeline(call, body, plan)
    await call.detect(chat_texts(body))
    card = call.chat_model(body.model)
    request.state.model = card.id
    return await _model(call, body, card)


async def _model(call: Call, body: ChatBody, card: ModelCard) -> Response:
    wanted = chat_request(body, card.id, call.request_id, call.cache_salt)
    headers = call.headers(card.id)
    if body.stream:
        events = await call.opened(_model_events(call, card, wanted, _wants_usage(body)))
        return EventStream(events, headers)
    completion = await call.chat(card).complete(wanted, call.deadline)
    route = call.finished(card, completion.usage)
    return JSONResponse(completion_body(completion, card.id, route), headers=headers)


async def _model_events(
    call: Call, card: ModelCard, request: ChatRequest, include_usage: bool
) -> AsyncGenerator[bytes, None]:
    writer = ChunkWriter(card.id)
    usage = Usage()
    stream: Any = call.chat(card).stream(request, call.deadline)
    async with aclosing(stream):
        async for delta in call.state.meter.timed(card.id, call.started, stream):
            usage = delta.usage or usage
            if event := writer.delta(delta):
                yield event
    yield writer.last(usage if include_usage else None, call.finished(card, usage))
    yield DONE


def _wants_usage(body: ChatBody) -> bool:
    return body.stream_options is not None and body.stream_options.include_usage


async def _pipeline(call: Call, body: ChatBody, plan: Plan) -> Response:
    check_pipeline(body)
    pipelines = call.state.pipelines
    run = call.run_request(_inputs(call, body, plan))
    headers = call.headers(body.model)
    if body.stream:
        events = _pipeline_events(call, plan, run, body)
        return EventStream(await call.opened(events), headers)
    result = await pipelines.finish(call, plan, run)
    if result.error is not None:
        raise result.error
    return JSONResponse(
        completion_body(
            _completion(body.model, result), body.model, route_object(result, call.decision_id)
        ),
        headers=headers,
    )


def _inputs(call: Call, body: ChatBody, plan: Plan) -> dict[str, Any]:
    inputs = dict(body.route.inputs)
    audio = last_user_audio(body.messages, call.state.limits.audio_bytes)
    text = last_user_text(body.messages)
    if audio is not None and "audio" in plan.inputs:
        inputs["audio"] = audio
    if text and "text" in plan.inputs:
        inputs["text"] = text
    return inputs


async def _pipeline_events(
    call: Call, plan: Plan, run: RunRequest, body: ChatBody
) -> AsyncGenerator[bytes, None]:
    writer = ChunkWriter(body.model)
    async with aclosing(call.state.pipelines.replies(call, plan, run)) as pieces:
        async for piece in pieces:
            if isinstance(piece, str):
                yield writer.delta(ChatDelta(text=piece))
                continue
            writer.delta(ChatDelta(finish_reason=piece.finish_reason))
            usage = piece.usage if _wants_usage(body) else None
            yield writer.last(usage, route_object(piece, call.decision_id))
    yield DONE


def _completion(model: str, result: RunResult) -> Completion:
    choice = Choice(0, Message("assistant", result.reply), result.finish_reason)
    return Completion(model, (choice,), result.usage)
