"""Answering a conversation with a model or a pipeline, whole or streaming, in any dialect."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.call import Call
from deployments.direct_chat import DirectChat, choose
from deployments.gateway_state import GatewayState
from deployments.wire.body_texts import chat_texts
from deployments.wire.chat_body import ChatBody
from deployments.wire.chat_request import (
    chat_request,
    check_limits,
    check_pipeline,
    last_user_audio,
    last_user_text,
)
from deployments.wire.dialect import Dialect, EventWriter
from deployments.wire.limits import Limits
from deployments.wire.pictures import has_pictures
from models.errors import UnsupportedParameter
from models.messages import ChatDelta, Choice, Completion, Message, Usage
from router.events import RunResult
from router.gate.opaque import PICTURE
from router.keys import Principal
from router.plan import Plan
from router.planner import PIPELINE_PREFIX
from router.route_object import route_object
from router.steps.kind import RunRequest


async def answer(
    state: GatewayState, principal: Principal, request: Request, body: ChatBody, dialect: Dialect
) -> Response:
    """The response to `body`, in the words of `dialect`; raises PodiumError."""
    check_limits(body, state.limits)
    call = Call(state, principal, request, body.route)
    if body.model.startswith(PIPELINE_PREFIX):
        plan = state.pipelines.plan(body.model)
        request.state.model = body.model
        return await _pipeline(call, body, plan, dialect)
    await call.ready(body.model)
    await _read(call, body)
    sight = _sight(state, body.model)
    wanted = chat_request(body, "", call.request_id, call.cache_salt, sight)
    if dialect.shortens:
        wanted = replace(wanted, sampling=replace(wanted.sampling, shortens=True))
    chat = await choose(call, body.model, wanted)
    request.state.model = chat.card.id

    def headers() -> dict[str, str]:
        # Which model answers is known once it has begun.
        request.state.model = chat.card.id
        return call.headers(chat.card.id)

    if body.stream:
        return call.streamed(_model_events(call, chat, dialect), headers, dialect)
    return await _whole(call, chat, dialect, headers)


async def count(
    state: GatewayState, principal: Principal, request: Request, body: ChatBody
) -> tuple[dict[str, str], int]:
    """The headers that say who counted, and the tokens of the prompt of `body`.

    Raises UnsupportedParameter for what has no tokenizer here.
    """
    check_limits(body, state.limits)
    call = Call(state, principal, request, body.route)
    if body.model.startswith(PIPELINE_PREFIX):
        state.pipelines.plan(body.model)
        raise UnsupportedParameter(
            "A pipeline's steps each have a prompt of their own; count for a model.", param="model"
        )
    await _read(call, body)
    card = call.chat_model(body.model)
    request.state.model = card.id
    if not card.is_local:
        raise UnsupportedParameter(
            f"The tokenizer of '{card.id}' is its provider's; its count is known from the usage of"
            " an answer only.",
            param="model",
        )
    wanted = chat_request(body, card.id, call.request_id, call.cache_salt)
    return call.headers(card.id), await state.counter(card.id).count(wanted, call.deadline)


async def _read(call: Call, body: ChatBody) -> None:
    """Raise the label by what the detectors find, and by what they can't read."""
    await call.detect(chat_texts(body))
    if has_pictures(body):
        call.raise_label(PICTURE)


def _sight(state: GatewayState, name: str) -> Limits | None:
    """The limits on pictures, for a model by name that sees."""
    card = state.catalog.card(name) if name in state.catalog else None
    return state.limits if card is not None and "images" in card.capabilities else None


async def _whole(
    call: Call, chat: DirectChat, dialect: Dialect, headers: Callable[[], dict[str, str]]
) -> Response:
    completion = await chat.complete()
    route = call.finished(chat.card, completion.usage, chat.redactions)
    return JSONResponse(dialect.body(completion, chat.card.id, route), headers=headers())


async def _model_events(
    call: Call, chat: DirectChat, dialect: Dialect
) -> AsyncGenerator[bytes, None]:
    writer: EventWriter | None = None
    usage = Usage()
    stream: Any = chat.stream()
    async with aclosing(stream):
        async for delta in call.state.meter.timed(chat.card.id, call.started, stream):
            usage = delta.usage or usage
            # Which model answers is known once it has begun.
            writer = writer or dialect.writer(chat.card.id)
            if event := writer.delta(delta):
                yield event
    writer = writer or dialect.writer(chat.card.id)
    yield writer.last(usage, call.finished(chat.card, usage, chat.redactions))


async def _pipeline(call: Call, body: ChatBody, plan: Plan, dialect: Dialect) -> Response:
    check_pipeline(body)
    run = call.run_request(_inputs(call, body, plan))
    headers = call.headers(body.model)
    if body.stream:
        events = _pipeline_events(call, plan, run, dialect.writer(body.model))
        return call.streamed(events, lambda: headers, dialect)
    result = await call.state.pipelines.finish(call, plan, run)
    if result.error is not None:
        raise result.error
    route = route_object(result, call.decision_id)
    return JSONResponse(
        dialect.body(_completion(body.model, result), body.model, route), headers=headers
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
    call: Call, plan: Plan, run: RunRequest, writer: EventWriter
) -> AsyncGenerator[bytes, None]:
    async with aclosing(call.state.pipelines.replies(call, plan, run)) as pieces:
        async for piece in pieces:
            if isinstance(piece, str):
                yield writer.delta(ChatDelta(text=piece))
                continue
            ended = writer.delta(ChatDelta(finish_reason=piece.finish_reason))
            yield ended + writer.last(piece.usage, route_object(piece, call.decision_id))


def _completion(model: str, result: RunResult) -> Completion:
    choice = Choice(0, Message("assistant", result.reply), result.finish_reason)
    return Completion(model, (choice,), result.usage)
