"""The body of POST /v1/images/generations: every field OpenAI documents, taken or refused."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from deployments.wire.chat_body import RouteBody
from deployments.wire.refused import Refused

_INT64 = 2**63 - 1


class ImagesBody(BaseModel):
    """Pictures to make of a prompt.

    They come back as base64: `response_format: url` is refused, for nothing here is public.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    model: str = Field(max_length=256)
    prompt: str = Field(min_length=1, max_length=32_000)
    n: Annotated[int, Field(ge=1, le=10)] | None = 1
    size: str | None = Field(default=None, pattern=r"^(auto|[1-9]\d{1,3}x[1-9]\d{1,3})$")
    quality: Literal["auto", "low", "medium", "high", "standard", "hd"] | None = None
    output_format: Literal["png", "jpeg", "webp"] | None = None
    response_format: Literal["b64_json"] | None = None
    seed: int | None = Field(default=None, ge=-_INT64 - 1, le=_INT64)
    user: str | None = Field(default=None, max_length=512)
    route: RouteBody = Field(default_factory=RouteBody)
    background: Refused = None
    complexity: Refused = None
    frame_count: Refused = None
    frame_duration_ms: Refused = None
    moderation: Refused = None
    output_compression: Refused = None
    partial_images: Refused = None
    safety_identifier: Refused = None
    stream: Refused = None
    style: Refused = None
    svg: Refused = None
