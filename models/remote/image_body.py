"""A request for pictures in OpenAI's dialect, with fixed fields; pure."""

from __future__ import annotations

import json
from typing import Any

from models.images import ImageRequest
from models.remote.image_settings import ImageSettings
from models.remote.unsupported import refuse

FIELDS = frozenset({"model", "prompt", "n", "size", "quality", "output_format", "response_format"})


def body_bytes(request: ImageRequest, model: str, settings: ImageSettings) -> bytes:
    """The JSON to send; raises UnsupportedParameter for a wish that the server can't be told."""
    _check(request, settings)
    wishes: dict[str, Any] = {
        "size": request.size,
        "quality": request.quality,
        "output_format": request.format,
        "response_format": "b64_json" if settings.base64_field else None,
    }
    said = {name: wish for name, wish in wishes.items() if wish is not None}
    body = {"model": model, "prompt": request.prompt, "n": request.n, **said}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _check(request: ImageRequest, settings: ImageSettings) -> None:
    refuse(
        seed=request.seed is not None,
        quality=request.quality is not None and not settings.quality_field,
        output_format=request.format is not None and not settings.format_field,
    )
