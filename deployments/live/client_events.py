"""What a realtime client may say, read from one text message."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from models.errors import BodyTooLarge, InvalidRequest, UnsupportedParameter

# What is read on the event loop: half a millisecond.
_AT_ONCE = 64 * 1024
_LONGEST_ID = 512
KNOWN = (
    "session.update",
    "transcription_session.update",
    "input_audio_buffer.append",
    "input_audio_buffer.commit",
    "input_audio_buffer.clear",
)


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """One event; `audio` of an append, `session` of an update."""

    type: str
    event_id: str | None = None
    audio: bytes = b""
    session: dict[str, Any] | None = None


class BadEvent(Exception):
    """An event that cannot be taken; the session goes on."""

    def __init__(self, error: InvalidRequest, event_id: str | None) -> None:
        super().__init__(error.message)
        self.error = error
        self.event_id = event_id


async def read_event(text: str, limit: int) -> ClientEvent:
    """The event; a large one is read on a thread. Raises BadEvent naming the field at fault."""
    if len(text) > limit:
        raise BadEvent(
            BodyTooLarge(f"An event is over {limit} characters; send less audio at once."), None
        )
    if len(text) <= _AT_ONCE:
        return _read(text)
    return await asyncio.to_thread(_read, text)


def _read(text: str) -> ClientEvent:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise BadEvent(InvalidRequest("The event is not valid JSON."), None) from None
    if not isinstance(body, dict):
        raise BadEvent(InvalidRequest("The event is no object."), None)
    event_id = body.get("event_id")
    known_id = event_id[:_LONGEST_ID] if isinstance(event_id, str) else None
    try:
        return _event(body, known_id)
    except InvalidRequest as error:
        raise BadEvent(error, known_id) from None


def _event(body: dict[str, Any], event_id: str | None) -> ClientEvent:
    kind = body.get("type")
    if kind not in KNOWN:
        raise UnsupportedParameter(
            f"This session takes {', '.join(KNOWN)}; nothing else.", param="type"
        )
    if kind == "input_audio_buffer.append":
        return ClientEvent(kind, event_id, audio=_audio(body.get("audio")))
    if kind.endswith("session.update"):
        session = body.get("session")
        if not isinstance(session, dict):
            raise InvalidRequest("'session' is missing, or no object.", param="session")
        return ClientEvent(kind, event_id, session=session)
    return ClientEvent(kind, event_id)


def _audio(text: object) -> bytes:
    if not isinstance(text, str):
        raise InvalidRequest("'audio' is missing; send base64.", param="audio")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest("'audio' is not base64.", param="audio") from None
