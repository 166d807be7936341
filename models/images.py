"""Pictures to be made: the request, the job that makes them, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from models.messages import Origin, Usage

ImageFormat = Literal["png", "jpeg", "webp"]
JobStatus = Literal["waiting", "running", "done", "failed"]
MEDIA_TYPE_OF: dict[ImageFormat, str] = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Pictures to make of a prompt; None leaves the model's own default.

    `size` is WIDTHxHEIGHT in pixels. `origin` is set for a model outside, which makes nothing
    without it. `webhook` is the name under which its provider may call back.
    """

    model: str
    prompt: str = field(repr=False)
    n: int = 1
    size: str | None = None
    quality: str | None = None
    seed: int | None = None
    format: ImageFormat | None = None
    request_id: str = ""
    origin: Origin | None = None
    webhook: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Image:
    """The bytes of one picture and the media type that they have by their own first bytes."""

    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Images:
    """What a job made; the rest is None where the model does not tell."""

    images: tuple[Image, ...]
    usage: Usage | None = None
    returned_model: str | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class ImageJob:
    """A job as its model knows it.

    `made` holds the pictures of a model that gives them at once; `assets` are the addresses of
    those that are still to be fetched. `returned_model` is the model that the server says it ran.
    """

    id: str
    status: JobStatus
    made: Images | None = None
    assets: tuple[str, ...] = ()
    returned_model: str | None = None
