"""OpenAI's image and transcription endpoints, as the stub speaks them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deployments.stub.pictures import picture
from deployments.stub.script import Row

_LARGEST = 64
_MOST = 10
NO_PICTURE = b'{"created": 0, "data": [{"b64_json": "bm8gcGljdHVyZQ=="}]}'
"""An answer whose picture is none."""


def images_body(body: Mapping[str, Any], row: Row) -> dict[str, Any]:
    """The answer of /v1/images/generations: small pictures whatever size was asked for.

    Raises a ValueError or a TypeError for a body that is none.
    """
    prompt = str(body["prompt"])
    many = min(int(body.get("n") or 1), _MOST)
    wide, high = _size(str(body.get("size") or "auto"))
    words = len(prompt.split())
    return {
        "created": 0,
        "data": [{"b64_json": picture(f"{prompt} {number}", wide, high)} for number in range(many)],
        "output_format": "png",
        "usage": {
            "input_tokens": words,
            "input_tokens_details": {"image_tokens": 0, "text_tokens": words},
            "output_tokens": many,
            "total_tokens": words + many,
        },
    }


def transcript_body(row: Row) -> dict[str, Any]:
    """The answer of /v1/audio/transcriptions: the script's reply, whatever was said."""
    return {"text": row.reply, "usage": {"type": "duration", "seconds": 1}}


def _size(size: str) -> tuple[int, int]:
    wide, _, high = size.partition("x")
    if not (wide.isdigit() and high.isdigit()):
        return 16, 16
    return min(int(wide), _LARGEST), min(int(high), _LARGEST)
