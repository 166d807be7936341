"""POST /v1/audio/transcriptions: speech to text, in the formats OpenAI's clients know."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from deployments.call import Call
from deployments.charged_speech import worked
from deployments.gateway_state import SharedState
from deployments.wire.audio_form import TRANSLATED, AudioForm, read_audio_form
from deployments.wire.chat_body import RouteBody
from deployments.wire.openapi import file_form
from deployments.wire.transcript import json_body, srt, verbose_body, vtt
from deployments.wire.transcript_events import DONE, delta_event, done_event
from models.catalog import ModelCard
from models.messages import Segment, Transcript, TranscriptionRequest
from router.keys import Scope

router = APIRouter(tags=["audio"])


@router.post("/v1/audio/transcriptions", summary="Write speech down", openapi_extra=file_form())
async def transcribe(request: Request, state: SharedState) -> Response:
    """The transcript of an audio file."""
    principal = state.keyring.principal(request, Scope.INFER)
    form = await read_audio_form(request, state.limits.audio_bytes)
    call = Call(state, principal, request, RouteBody())
    card = await _decided(request, form, call)
    if form.stream:
        events = _events(_wanted(form, card, call), card, call)
        return call.streamed(events, lambda: call.headers(card.id))
    return await _whole(form, card, call)


@router.post(
    "/v1/audio/translations", summary="Write speech down in English", openapi_extra=file_form()
)
async def translate(request: Request, state: SharedState) -> Response:
    """What is said in an audio file, in English."""
    principal = state.keyring.principal(request, Scope.INFER)
    form = await read_audio_form(request, state.limits.audio_bytes, fields=TRANSLATED)
    call = Call(state, principal, request, RouteBody())
    card = await _decided(request, form, call)
    return await _whole(form, card, call, translate=True)


async def _decided(request: Request, form: AudioForm, call: Call) -> ModelCard:
    call.raise_label("voice_in")
    if form.prompt:
        await call.detect({"user": [form.prompt]})
    card = call.model(form.model, "speech")
    request.state.model = card.id
    return card


async def _whole(form: AudioForm, card: ModelCard, call: Call, translate: bool = False) -> Response:
    wanted = replace(_wanted(form, card, call), translate=translate)
    port = call.state.transcriber_for(call.principal, card.id)
    transcript = await port.transcribe(wanted, call.deadline)
    await call.detect({"voice_in": [transcript.text]}, spoken=True)
    return _response(transcript, form, call, card, "translate" if translate else "transcribe")


async def _events(
    wanted: TranscriptionRequest, card: ModelCard, call: Call
) -> AsyncGenerator[bytes, None]:
    port = call.state.transcriber_for(call.principal, card.id)
    async with aclosing(port.stream(wanted, call.deadline)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Segment):
                yield delta_event(piece)
                continue
            await call.detect({"voice_in": [piece.text]}, spoken=True)
            yield done_event(piece, call.finished(card, worked(piece)))
            yield DONE


def _wanted(form: AudioForm, card: ModelCard, call: Call) -> TranscriptionRequest:
    return TranscriptionRequest(
        model=card.id,
        audio=form.audio,
        language=form.language,
        prompt=form.prompt,
        temperature=form.temperature,
        words=form.words,
        request_id=call.request_id,
        longest=call.state.limits.audio_seconds,
    )


def _response(
    transcript: Transcript, form: AudioForm, call: Call, card: ModelCard, task: str
) -> Response:
    headers, wanted = call.headers(card.id), form.response_format
    if wanted == "text":
        return PlainTextResponse(transcript.text + "\n", headers=headers)
    if wanted == "srt":
        return PlainTextResponse(srt(transcript), headers=headers)
    if wanted == "vtt":
        return PlainTextResponse(vtt(transcript), headers=headers)
    body: dict[str, Any] = (
        verbose_body(transcript, form.words, task)
        if wanted == "verbose_json"
        else json_body(transcript)
    )
    return JSONResponse(body | {"route": call.finished(card, worked(transcript))}, headers=headers)
