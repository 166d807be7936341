"""Pictures from Gemini's models, which make them while one waits.

The wire is https://ai.google.dev/gemini-api/docs/image-generation: `generateContent` that is asked
for pictures alone, spoken by the official SDK as `models.remote.gemini_content` sets it up.
"""

from __future__ import annotations

import json
from typing import Any

import httpx2

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InternalError
from models.images import ImageJob, ImageRequest, Images
from models.remote.exchange import Exchange, Reader, Wire, no_answer
from models.remote.gemini_content import GeminiClient
from models.remote.gemini_image_answer import images_of
from models.remote.gemini_image_body import body_bytes
from models.remote.gemini_image_settings import GeminiImageSettings
from models.remote.provider_errors import Answered, EndedBadly, Refusal, provider_error
from models.strict_yaml import parse

_OK = 200


class GeminiImages:
    """An ImageModel over one base URL, without the version; its jobs are done when submitted."""

    def __init__(self, card: ModelCard, key: str | None) -> None:
        self.settings = parse(GeminiImageSettings, card.engine, card.id)
        self._card = card
        self._sdk = GeminiClient(card, key, self.settings, self.settings.api_version)
        wire = Wire(self._open, _no_stream, self._sdk.raises, self._sdk.meaning)
        self._exchange = Exchange(card, self.settings, wire)

    @property
    def running(self) -> int:
        """How many jobs are being made now."""
        return self._exchange.running

    async def submit(self, request: ImageRequest, deadline: Deadline) -> ImageJob:
        """The pictures, made."""
        return await self.send(body_bytes(request, self.settings), deadline)

    async def send(self, body: bytes, deadline: Deadline) -> ImageJob:
        """Put exactly `body` on the wire; the job is done."""
        answer = await self._exchange.once(body, deadline)
        try:
            made = images_of(answer)
        except EndedBadly as error:
            raise provider_error(self._card, Refusal(code=error.code)) from Answered(_OK)
        except (TypeError, ValueError, LookupError, AttributeError):
            raise no_answer(self._card) from Answered(_OK)
        if made.returned_model is not None:
            self._exchange.check_model(made.returned_model)
        return ImageJob("at-once", "done", made, returned_model=made.returned_model)

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
        await self._sdk.close()

    async def _open(self, body: bytes, limits: httpx2.Timeout) -> Any:
        answer = await self._sdk.post("generateContent", body, limits, stream=False)
        return json.loads(answer.response_stream[0])


def _no_stream() -> Reader:
    raise InternalError("Pictures come in one piece.")
