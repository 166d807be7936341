"""A transcript as it is written, in OpenAI's server-sent events."""

from __future__ import annotations

import json
from typing import Any

from models.messages import Segment, Transcript

DONE = b"data: [DONE]\n\n"


def delta_event(segment: Segment) -> bytes:
    """The text of another segment, with the space that parts it from the one before."""
    text = segment.text if segment.id == 0 else f" {segment.text}"
    return _event({"type": "transcript.text.delta", "delta": text})


def done_event(transcript: Transcript, route: dict[str, Any]) -> bytes:
    """The whole text."""
    return _event({"type": "transcript.text.done", "text": transcript.text, "route": route})


def _event(body: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"
