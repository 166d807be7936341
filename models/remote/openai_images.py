"""Pictures from a server of OpenAI's dialect, which makes them while one waits.

The wire is https://platform.openai.com/docs/api-reference/images/create, spoken by the official
SDK. It is imported in this file when the first adapter is made.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import httpx2

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InternalError, InvalidConfig
from models.images import Image, ImageJob, ImageRequest, Images
from models.messages import Usage
from models.pictures import media_type_of
from models.remote.exchange import Exchange, Reader, Wire, no_answer
from models.remote.image_body import FIELDS, body_bytes
from models.remote.image_settings import ImageSettings
from models.remote.outlet import outlet_client
from models.remote.provider_errors import Answered
from models.remote.sdk_errors import SdkErrors
from models.strict_yaml import parse

NO_KEY = "none"
_OK = 200


class OpenAiImages:
    """An ImageModel over one base URL; its jobs are done when they are submitted."""

    def __init__(self, card: ModelCard, key: str | None) -> None:
        import openai

        if card.base_url is None:
            raise InvalidConfig(f"The row '{card.id}' has no base_url.", param="base_url")
        self.settings = parse(ImageSettings, card.engine, card.id)
        self._card = card
        self._sdk: Any = openai
        self._client = openai.AsyncOpenAI(
            api_key=key or NO_KEY,
            base_url=card.base_url,
            http_client=outlet_client(card.base_url, self.settings),
            max_retries=0,
        )
        errors = SdkErrors(card, openai, _word)
        wire = Wire(self._open, _no_stream, (openai.OpenAIError,), errors.meaning)
        self._exchange = Exchange(card, self.settings, wire)

    @property
    def running(self) -> int:
        """How many jobs are being made now."""
        return self._exchange.running

    async def submit(self, request: ImageRequest, deadline: Deadline) -> ImageJob:
        """The pictures, made."""
        body = body_bytes(request, self._card.vendor_model or self._card.id, self.settings)
        return await self.send(body, deadline)

    async def send(self, body: bytes, deadline: Deadline) -> ImageJob:
        """Put exactly `body` on the wire; the job is done."""
        answer = await self._exchange.once(body, deadline)
        try:
            made = Images(tuple(_image(one) for one in answer.data), _usage(answer))
        except (AttributeError, TypeError, ValueError):
            raise no_answer(self._card) from Answered(_OK)
        if not made.images:
            raise no_answer(self._card) from Answered(_OK)
        return ImageJob("at-once", "done", made)

    async def poll(self, job: ImageJob, deadline: Deadline) -> ImageJob:
        """The job: it was done from the start."""
        return job

    async def fetch(self, job: ImageJob, deadline: Deadline) -> Images:
        """What the job holds."""
        if job.made is None:
            raise InternalError("A job of this model holds its pictures; this one has none.")
        return job.made

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _open(self, body: bytes, limits: httpx2.Timeout) -> Any:
        return await self._client.post(
            "/images/generations",
            cast_to=self._sdk.types.ImagesResponse,
            content=body,
            options={"headers": {"content-type": "application/json"}, "timeout": limits},
        )


def _image(item: Any) -> Image:
    """The picture; a ValueError for what is none, an address among them."""
    try:
        data = base64.b64decode(item.b64_json, validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    media_type = media_type_of(data)
    if media_type is None:
        raise ValueError("no picture")
    return Image(media_type, data)


def _usage(answer: Any) -> Usage | None:
    usage = answer.usage
    if usage is None:
        return None
    counts = Usage(
        prompt_tokens=int(usage.input_tokens),
        completion_tokens=int(usage.output_tokens),
        images=len(answer.data),
    )
    if counts.prompt_tokens < 0 or counts.completion_tokens < 0:
        raise ValueError("a negative count")
    return counts


def _no_stream() -> Reader:
    raise InternalError("Pictures come in one piece.")


def _word(error: Any) -> tuple[str | None, str | None]:
    """The code, which some servers put into `type`, and the field, if we could have sent it."""
    word = error.code if isinstance(error.code, str) else error.type
    field = error.param if isinstance(error.param, str) and error.param in FIELDS else None
    return word if isinstance(word, str) else None, field
