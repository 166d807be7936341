"""The form of POST /v1/audio/transcriptions: read within bounds, kept in memory, checked."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import cast, get_args

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from deployments.wire.body import read_pieces
from deployments.wire.transcript import Format
from models.errors import BodyTooLarge, InvalidAudio, InvalidRequest, UnsupportedParameter

FIELDS = frozenset(
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
        "chunking_strategy",
    }
)
TRANSLATED = frozenset({"file", "model", "prompt", "response_format", "temperature"})
_BESIDE_AUDIO = 256 * 1024
_FIELD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class AudioForm:
    """What was asked for; `audio` holds the bytes of the file, never empty."""

    model: str
    audio: bytes
    response_format: Format
    words: bool
    language: str | None
    prompt: str | None
    temperature: float
    stream: bool = False


async def read_audio_form(
    request: Request, limit: int, *, fields: frozenset[str] = FIELDS
) -> AudioForm:
    """The form with at most `limit` bytes of audio; raises InvalidRequest naming the field."""
    form = await _form(request, limit)
    try:
        return await _checked(form, limit, fields)
    finally:
        await form.close()


async def _checked(form: FormData, limit: int, fields: frozenset[str]) -> AudioForm:
    _check_names(form, fields)
    return AudioForm(
        model=_model(form),
        audio=await _audio(form, limit),
        response_format=_format(form),
        stream=_streams(form),
        words=_wants_words(form),
        language=_text(form, "language"),
        prompt=_text(form, "prompt"),
        temperature=_temperature(form),
    )


async def _form(request: Request, limit: int) -> FormData:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise InvalidRequest("Send the audio as multipart/form-data, in 'file'.", param="file")
    pieces: AsyncGenerator[bytes, None] = read_pieces(request, limit + _BESIDE_AUDIO)
    parser = MultiPartParser(
        request.headers, pieces, max_files=1, max_fields=32, max_part_size=_FIELD_BYTES
    )
    # Speech never touches the disk.
    parser.spool_max_size = limit + _BESIDE_AUDIO + 1
    try:
        async with aclosing(pieces):
            return await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise InvalidRequest(
            "The body is no multipart/form-data that can be read: one file, and short fields.",
            param="file",
        ) from error


def _check_names(form: FormData, fields: frozenset[str]) -> None:
    for name in form:
        if name not in fields:
            raise UnsupportedParameter(f"'{name[:128]}' is not a parameter here.", param=name[:128])


def _streams(form: FormData) -> bool:
    if _text(form, "stream") not in ("true", "True", "1"):
        return False
    if _format(form) not in ("json", "text"):
        raise InvalidRequest("A streamed transcription is json or text.", param="response_format")
    return True


def _model(form: FormData) -> str:
    model = _text(form, "model")
    if model is None:
        raise InvalidRequest("'model' is missing; name a speech model.", param="model")
    return model[:256]


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
            return cast(Format, known)
    raise InvalidRequest(
        f"'response_format' is one of {', '.join(get_args(Format))}.", param="response_format"
    )


def _wants_words(form: FormData) -> bool:
    names = ("timestamp_granularities[]", "timestamp_granularities")
    return any("word" in form.getlist(name) for name in names)


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
