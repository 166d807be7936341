"""POST /v1/audio/transcriptions: speech to text, in the formats OpenAI's clients know."""

from __future__ import annotations

from typing import Any, get_args

from fastapi import APIRouter, Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from deployments.call import Call
from deployments.gateway_state import SharedState
from deployments.ports import RemoteTranscriber
from deployments.wire.chat_body import RouteBody
from deployments.wire.transcript import Format, json_body, srt, verbose_body, vtt
from models.errors import BodyTooLarge, InvalidAudio, InvalidRequest, UnsupportedParameter
from models.messages import Transcript, TranscriptionRequest
from router.keys import Scope

router = APIRouter(tags=["audio"])
_FIELDS = frozenset(
    {
        "file",
        "model",
        "language",
        "prompt",
        "response_format",
        "temperature",
        "timestamp_granularities",
        "timestamp_granularities[]",
        "stream",
        "include",
        "include[]",
        "chunking_strategy",
    }
)


@router.post("/v1/audio/transcriptions", summary="Write speech down")
async def transcribe(request: Request, state: SharedState) -> Response:
    """The transcript of an audio file."""
    principal = state.keyring.principal(request, Scope.INFER)
    _check_size(request, state.limits.audio_bytes)
    form = await _form(request)
    call = Call(state, principal, request.state.request_id, RouteBody())
    call.raise_label("voice_in")
    wanted_format = _format(form)
    card = call.model(_text(form, "model") or "whisper", "speech")
    words = "word" in form.getlist("timestamp_granularities[]") or "word" in form.getlist(
        "timestamp_granularities"
    )
    wanted = TranscriptionRequest(
        model=card.id,
        audio=await _audio(form, state.limits.audio_bytes),
        language=_text(form, "language"),
        prompt=_text(form, "prompt"),
        temperature=_temperature(form),
        words=words,
        request_id=call.request_id,
    )
    port = RemoteTranscriber(state.models[card.id])
    transcript = await port.transcribe(wanted, call.deadline)
    return _response(transcript, wanted_format, words, call.headers(card.id))


def _response(
    transcript: Transcript, wanted: Format, words: bool, headers: dict[str, str]
) -> Response:
    if wanted == "text":
        return PlainTextResponse(transcript.text + "\n", headers=headers)
    if wanted == "srt":
        return PlainTextResponse(srt(transcript), headers=headers)
    if wanted == "vtt":
        return PlainTextResponse(vtt(transcript), headers=headers)
    body: dict[str, Any] = (
        verbose_body(transcript, words) if wanted == "verbose_json" else json_body(transcript)
    )
    return JSONResponse(body, headers=headers)


def _check_size(request: Request, limit: int) -> None:
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > limit + 64 * 1024:
        raise BodyTooLarge(f"The audio is over {limit} bytes; send less.", param="file")


async def _form(request: Request) -> FormData:
    try:
        form = await request.form(max_files=1, max_fields=32)
    except HTTPException as error:
        raise InvalidRequest(
            "The body is not multipart/form-data as this path needs it.", param="file"
        ) from error
    for name in form:
        if name not in _FIELDS:
            raise UnsupportedParameter(f"'{name}' is not a parameter here.", param=name)
    if _text(form, "stream") in ("true", "1"):
        raise UnsupportedParameter("Streaming a transcription is not offered.", param="stream")
    return form


async def _audio(form: FormData, limit: int) -> bytes:
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise InvalidAudio("'file' is missing; send the audio as a file.", param="file")
    audio = await file.read()
    if not audio:
        raise InvalidAudio("The audio file is empty.", param="file")
    if len(audio) > limit:
        raise BodyTooLarge(f"The audio is over {limit} bytes; send less.", param="file")
    return audio


def _format(form: FormData) -> Format:
    wanted = _text(form, "response_format") or "json"
    for known in get_args(Format):
        if wanted == known:
            return known
    raise InvalidRequest(
        f"'response_format' is one of {', '.join(get_args(Format))}.", param="response_format"
    )


def _temperature(form: FormData) -> float:
    try:
        value = float(_text(form, "temperature") or 0.0)
    except ValueError:
        raise InvalidRequest("'temperature' is a number.", param="temperature") from None
    if not 0.0 <= value <= 1.0:
        raise InvalidRequest("'temperature' is from 0 to 1.", param="temperature")
    return value


def _text(form: FormData, name: str) -> str | None:
    value = form.get(name)
    return value if isinstance(value, str) and value else None
