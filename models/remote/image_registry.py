"""Which adapter makes pictures in which wire dialect."""

from __future__ import annotations

from typing import Protocol

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InvalidConfig
from models.images import ImageJob, ImageRequest
from models.ports import ImageJobs
from models.remote import gemini_image_body, image_body, imagine_body
from models.remote.gemini_image_settings import GeminiImageSettings
from models.remote.image_settings import ImageSettings
from models.remote.imagine_settings import ImagineSettings
from models.strict_yaml import parse

DIALECTS = ("images", "gemini_images", "imagine")


class RemoteImages(ImageJobs, Protocol):
    """A provider of pictures as the gate uses it: bytes that were checked go out."""

    @property
    def running(self) -> int:
        """How many jobs are being made now."""

    async def send(self, body: bytes, deadline: Deadline) -> ImageJob:
        """Put exactly `body` on the wire."""

    async def close(self) -> None:
        """Close every connection."""


def connect_images(card: ModelCard, key: str | None) -> RemoteImages:
    """The adapter of a row; no connection is opened yet. Raises InvalidConfig."""
    _check(card)
    if card.dialect == "imagine":
        from models.remote.imagine_jobs import ImagineJobs

        return ImagineJobs(card, key)
    if card.dialect == "gemini_images":
        from models.remote.gemini_images import GeminiImages

        return GeminiImages(card, key)
    from models.remote.openai_images import OpenAiImages

    return OpenAiImages(card, key)


def image_wire_body(card: ModelCard, request: ImageRequest) -> bytes:
    """The bytes that the row's dialect puts on the wire; needs no SDK."""
    _check(card)
    model = card.vendor_model or card.id
    if card.dialect == "imagine":
        imagine = parse(ImagineSettings, card.engine, card.id)
        return imagine_body.body_bytes(request, model, imagine)
    if card.dialect == "gemini_images":
        gemini = parse(GeminiImageSettings, card.engine, card.id)
        return gemini_image_body.body_bytes(request, gemini)
    settings = parse(ImageSettings, card.engine, card.id)
    return image_body.body_bytes(request, model, settings)


def takes_webhook(card: ModelCard) -> bool:
    """Whether the row's provider is told where to call when a job has ended."""
    if card.dialect != "imagine":
        return False
    return parse(ImagineSettings, card.engine, card.id).webhook_url is not None


def wire_fields(card: ModelCard) -> frozenset[str]:
    """The fields that a body of the row's dialect may have."""
    _check(card)
    if card.dialect == "imagine":
        return parse(ImagineSettings, card.engine, card.id).fields
    return gemini_image_body.FIELDS if card.dialect == "gemini_images" else image_body.FIELDS


def _check(card: ModelCard) -> None:
    if card.dialect not in DIALECTS:
        raise InvalidConfig(
            f"The row '{card.id}' has dialect {card.dialect}, for which there is no image adapter;"
            f" there are: {', '.join(DIALECTS)}.",
            param="dialect",
        )
