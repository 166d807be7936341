"""POST /v1/audio/transcriptions: speech to text, in the formats OpenAI's clients know."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from deployments.call import Call
from deployments.gateway_state import SharedState
from deployments.ports import RemoteTranscriber
from deployments.wire.audio_form import AudioForm, read_audio_form
from deployments.wire.chat_body import RouteBody
from deployments.wire.openapi import file_form
from deployments.wire.transcript import json_body, srt, verbose_body, vtt
from models.catalog import ModelCard
from models.messages import Transcript, TranscriptionRequest, Usage
from router.keys import Scope

router = APIRouter(tags=["audio"])


@router.post("/v1/audio/transcriptions", summary="Write speech down", openapi_extra=file_form())
async def transcribe(request: Request, state: SharedState) -> Response:
    """The transcript of an audio file."""
    principal = state.keyring.principal(request, Scope.INFER)
    form = await read_audio_form(request, state.limits.audio_bytes)
    call = Call(state, principal, request, RouteBody())
    call.raise_label("voice_in")
    if form.prompt:
        await call.detect({"user": [form.prompt]})
    card = call.model(form.model, "speech")
    request.state.model = card.id
    port = RemoteTranscriber(state.models[card.id])
    transcript = await port.transcribe(_wanted(form, card, call), call.deadline)
    await call.detect({"voice_in": [transcript.text]}, spoken=True)
    return _response(transcript, form, call, card)


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


def _response(transcript: Transcript, form: AudioForm, call: Call, card: ModelCard) -> Response:
    headers, wanted = call.headers(card.id), form.response_format
    if wanted == "text":
        return PlainTextResponse(transcript.text + "\n", headers=headers)
    if wanted == "srt":
        return PlainTextResponse(srt(transcript), headers=headers)
    if wanted == "vtt":
        return PlainTextResponse(vtt(transcript), headers=headers)
    body: dict[str, Any] = (
        verbose_body(transcript, form.words) if wanted == "verbose_json" else json_body(transcript)
    )
    return JSONResponse(body | {"route": call.finished(card, Usage())}, headers=headers)
