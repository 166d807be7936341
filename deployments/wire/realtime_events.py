"""A line's events as OpenAI's realtime transcription clients read them."""

from __future__ import annotations

import uuid
from typing import Any

from models.errors import PodiumError
from router.live.events import (
    Hypothesis,
    LineEvent,
    SpeechStarted,
    SpeechStopped,
    TurnCommitted,
    TurnCompleted,
    TurnFailed,
    TurnPaused,
    WordsCommitted,
)

_TRANSCRIPTION = "conversation.item.input_audio_transcription"


def fresh(prefix: str) -> str:
    """An id that nobody has used."""
    return f"{prefix}_{uuid.uuid4().hex[:20]}"


def server_event(type_: str, **fields: Any) -> dict[str, Any]:
    """One event with an id of its own."""
    return {"type": type_, "event_id": fresh("event"), **fields}


def error_event(error: PodiumError, event_id: str | None = None) -> dict[str, Any]:
    """What went wrong; `event_id` is that of the client's event at fault."""
    told = _error(error) | {"event_id": event_id}
    return server_event("error", error=told)


def line_events(event: LineEvent) -> list[dict[str, Any]]:
    """What a client is told of an event of the line: most are one event, some none or three."""
    if isinstance(event, SpeechStarted):
        started = "input_audio_buffer.speech_started"
        return [server_event(started, item_id=event.item, audio_start_ms=event.at_ms)]
    if isinstance(event, SpeechStopped):
        stopped = "input_audio_buffer.speech_stopped"
        return [server_event(stopped, item_id=event.item, audio_end_ms=event.at_ms)]
    if isinstance(event, TurnCommitted):
        return _committed(event)
    if isinstance(event, WordsCommitted):
        return [_transcription("delta", event.item, delta=event.text)]
    if isinstance(event, Hypothesis):
        return [server_event("podium.hypothesis", item_id=event.item, text=event.text)]
    if isinstance(event, TurnPaused):
        return []
    if isinstance(event, TurnFailed):
        return [_transcription("failed", event.item, error=_error(event.error))]
    return [completed(event, event.text)]


def completed(event: TurnCompleted, transcript: str, **more: Any) -> dict[str, Any]:
    """The end of a turn, with the words as they may be shown."""
    usage = {"type": "duration", "seconds": round(event.seconds, 3)}
    return _transcription("completed", event.item, transcript=transcript, usage=usage, **more)


def _committed(event: TurnCommitted) -> list[dict[str, Any]]:
    item = {
        "id": event.item,
        "object": "realtime.item",
        "type": "message",
        "role": "user",
        "status": "completed",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    place = {"previous_item_id": event.previous}
    return [
        server_event("input_audio_buffer.committed", item_id=event.item, **place),
        server_event("conversation.item.added", item=item, **place),
        server_event("conversation.item.done", item=item, **place),
    ]


def _transcription(kind: str, item: str, **fields: Any) -> dict[str, Any]:
    return server_event(f"{_TRANSCRIPTION}.{kind}", item_id=item, content_index=0, **fields)


def _error(error: PodiumError) -> dict[str, Any]:
    return {
        "type": error.type,
        "code": error.code,
        "message": error.message,
        "param": error.param,
    }
