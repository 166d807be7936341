"""POST /v1/chat/completions: one local model answers, whole or streaming."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from deployments.call import Call
from deployments.gateway_state import SharedState
from deployments.wire.body import read_json
from deployments.wire.chat_body import ChatBody
from deployments.wire.chat_request import chat_request, check_limits
from deployments.wire.chat_response import DONE, PING, ChunkWriter, completion_body
from deployments.wire.errors import as_podium_error, error_event
from deployments.wire.event_stream import EventStream
from models.messages import ChatDelta, ChatRequest, Usage
from router.keys import Scope

router = APIRouter(tags=["chat"])
FIRST_EVENT_S = 5.0
PING_S = 15.0


@router.post("/v1/chat/completions", summary="Create a chat completion")
async def create(request: Request, state: SharedState) -> Response:
    """Answer a conversation with a model or a pipeline."""
    principal = state.keyring.principal(request, Scope.INFER)
    body = await read_json(request, ChatBody, state.limits.body_bytes)
    check_limits(body, state.limits)
    call = Call(state, principal, request.state.request_id, body.route)
    if body.model.startswith("pipeline/"):
        return await state.pipelines.chat(call, body)
    card = call.chat_model(body.model)
    wanted = chat_request(body, card.id, call.request_id, call.cache_salt)
    if not body.stream:
        completion = await call.chat(card).complete(wanted, call.deadline)
        route = call.finished(card, completion.usage)
        return JSONResponse(
            completion_body(completion, card.id, route), headers=call.headers(card.id)
        )
    usage = body.stream_options is not None and body.stream_options.include_usage
    deltas = call.chat(card).stream(wanted, call.deadline)
    events = await opened(_events(call, card, wanted, deltas, usage))
    return EventStream(events, call.headers(card.id))


async def _events(
    call: Call,
    card: Any,
    request: ChatRequest,
    deltas: AsyncIterator[ChatDelta],
    include_usage: bool,
) -> AsyncGenerator[bytes, None]:
    writer = ChunkWriter(card.id)
    usage = Usage()
    async with aclosing(deltas):  # type: ignore[type-var]
        async for delta in deltas:
            usage = delta.usage or usage
            event = writer.delta(delta) if _says(delta) else b""
            if event:
                yield event
    yield writer.last(usage if include_usage else None, call.finished(card, usage))
    yield DONE


def _says(delta: ChatDelta) -> bool:
    return delta.usage is None or bool(delta.text or delta.finish_reason)


async def opened(events: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """The events, started: an error before the first is still a proper error response.

    When the first takes long the stream opens anyway, kept alive with comments.
    """
    first = asyncio.ensure_future(anext(events))
    try:
        done, _ = await asyncio.wait({first}, timeout=FIRST_EVENT_S)
    except asyncio.CancelledError:
        await _stop(first, events)
        raise
    if done:
        first.result()
    return _rest(first, events)


async def _rest(
    first: asyncio.Future[bytes], events: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    try:
        while not first.done():
            yield PING
            await asyncio.wait({first}, timeout=PING_S)
        yield first.result()
        async for event in events:
            yield event
    except Exception as error:
        yield error_event(as_podium_error(error))
    finally:
        await _stop(first, events)


async def _stop(first: asyncio.Future[bytes], events: AsyncGenerator[bytes, None]) -> None:
    if not first.done():
        first.cancel()
        await asyncio.wait({first})
    await events.aclose()
