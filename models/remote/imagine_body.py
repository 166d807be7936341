"""A request for pictures in the words of a row of dialect imagine; pure."""

from __future__ import annotations

import json

from models.errors import UnsupportedParameter
from models.images import ImageRequest
from models.remote.imagine_settings import ImagineSettings
from models.remote.unsupported import refuse

WEBHOOKS = "/v1/images/webhooks"
"""Where a gateway takes in that a job has ended; the model and the job's name follow."""


def body_bytes(request: ImageRequest, model: str, settings: ImagineSettings) -> bytes:
    """The JSON to send; raises UnsupportedParameter for a wish that the server can't be told."""
    wishes = (
        (settings.prompt_field, request.prompt),
        (settings.model_field, model),
        (settings.n_field, request.n),
        (settings.size_field, request.size),
        (settings.quality_field, request.quality),
        (settings.seed_field, request.seed),
        (settings.format_field, request.format),
        (settings.webhook_field, _webhook(request, settings)),
    )
    _check(request, settings)
    said = {name: wish for name, wish in wishes if name is not None and wish is not None}
    body = {**settings.fixed, **said}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _webhook(request: ImageRequest, settings: ImagineSettings) -> str | None:
    if request.webhook is None or settings.webhook_url is None:
        return None
    return f"{settings.webhook_url}{WEBHOOKS}/{request.model}/{request.webhook}"


def _check(request: ImageRequest, settings: ImagineSettings) -> None:
    if request.n > 1 and settings.n_field is None:
        raise UnsupportedParameter(
            "This model's provider decides how many pictures it makes; leave 'n' out.", param="n"
        )
    refuse(
        size=request.size is not None and settings.size_field is None,
        quality=request.quality is not None and settings.quality_field is None,
        seed=request.seed is not None and settings.seed_field is None,
        output_format=request.format is not None and settings.format_field is None,
    )
