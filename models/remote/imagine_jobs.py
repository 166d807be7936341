"""Pictures from a server that takes jobs: submit, ask again, fetch; a row says how to speak to it.

A webhook makes Podium ask sooner and tells it nothing, or it would be a way in. Nor is what the
server answers believed: an id must be a plain name, and addresses must lie on hosts that the row
names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx2

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InternalError, InvalidConfig, PodiumError
from models.images import Image, ImageJob, ImageRequest, Images
from models.pictures import media_type_of
from models.remote.exchange import AGAIN, Exchange, Reader, Wire, no_answer
from models.remote.imagine_answer import at, begun_job, is_id, origin_of, origins, told_job
from models.remote.imagine_body import body_bytes
from models.remote.imagine_settings import ImagineSettings
from models.remote.outlet import outlet_client
from models.remote.provider_errors import (
    Answered,
    NeverSent,
    Refusal,
    provider_error,
    seconds_of,
    unavailable,
)
from models.remote.public_hosts import PublicTransport
from models.remote.sdk_errors import connection_error
from models.strict_yaml import parse

_OK = 200
# A job that is under way is not given up for one of these.
_PASSING = frozenset({408, 429, 500, 502, 503, 504})


class _Refused(Exception):
    """A request that was answered with no success; the answer's own words are not kept."""

    def __init__(self, response: httpx2.Response) -> None:
        super().__init__(f"status {response.status_code}")
        self.status_code = response.status_code
        self.wait = seconds_of(response.headers.get("retry-after"))


class _Lost(Exception):
    """A job that was taken on and can't be asked about: what it cost nobody knows."""


class ImagineJobs:
    """An ImageModel over one base URL and the hosts of its pictures."""

    def __init__(self, card: ModelCard, key: str | None) -> None:
        if card.base_url is None:
            raise InvalidConfig(f"The row '{card.id}' has no base_url.", param="base_url")
        self.settings = settings = parse(ImagineSettings, card.engine, card.id)
        self._card = card
        self._base = card.base_url.rstrip("/")
        self._client = outlet_client(card.base_url, settings, frozenset({settings.key_header}))
        self._key = {settings.key_header: f"{settings.key_prefix}{key}"} if key else {}
        self._fetchers = {
            origin: outlet_client(origin, settings, inner=_transport(origin, settings))
            for origin in origins(settings, insecure=card.allow_insecure)
        }
        wire = Wire(self._post, _no_stream, (_Refused, _Lost), self._meaning)
        self._exchange = Exchange(card, settings, wire)

    @property
    def running(self) -> int:
        """How many requests are open now."""
        return self._exchange.running

    async def submit(self, request: ImageRequest, deadline: Deadline) -> ImageJob:
        """The job, taken on."""
        body = body_bytes(request, self._card.vendor_model or self._card.id, self.settings)
        return await self.send(body, deadline)

    async def send(self, body: bytes, deadline: Deadline) -> ImageJob:
        """Put exactly `body` on the wire; the job it began."""
        answer = await self._exchange.once(body, deadline)
        try:
            job = begun_job(answer, self.settings)
        except ValueError:
            raise no_answer(self._card) from Answered(_OK)
        return replace(job, returned_model=self._ran(answer))

    async def poll(self, job: ImageJob, deadline: Deadline) -> ImageJob:
        """The job as it stands now; a hiccup of the server leaves it as it was."""
        if not is_id(job.id):
            raise InternalError("A job's id is no plain name.")
        url = self._base + self.settings.poll_path.replace("{id}", job.id)
        try:
            found = await self._get(self._client, url, self._key, deadline)
        except NeverSent:
            return job
        if found is None:
            return job
        try:
            answer = json.loads(found)
            told = told_job(job.id, answer, self.settings)
        except (ValueError, RecursionError):
            raise no_answer(self._card) from None
        return replace(told, returned_model=self._ran(answer) or job.returned_model)

    async def fetch(self, job: ImageJob, deadline: Deadline) -> Images:
        """The pictures of a job that is done."""
        pictures = [await self._picture(address, deadline) for address in job.assets]
        if not pictures:
            raise no_answer(self._card)
        return Images(tuple(pictures), None, job.returned_model)

    async def close(self) -> None:
        """Close every connection."""
        for client in (self._client, *self._fetchers.values()):
            await client.aclose()

    async def _picture(self, address: str, deadline: Deadline) -> Image:
        client = self._fetchers.get(origin_of(address) or "")
        if client is None:
            raise unavailable(
                self._card,
                "sent an address of a picture on a host that its row does not name",
                "If the host is theirs, name it in asset_hosts.",
            )
        data = await self._get(client, address, {}, deadline)
        media_type = media_type_of(data or b"")
        if data is None or media_type is None:
            raise no_answer(self._card)
        return Image(media_type, data)

    def _ran(self, answer: Any) -> str | None:
        """The model that the server says it ran, which must be the one asked for."""
        model = at(answer, self.settings.model_at) if self.settings.model_at else None
        if not isinstance(model, str):
            return None
        self._exchange.check_model(model)
        return model

    async def _post(self, body: bytes, limits: httpx2.Timeout) -> Any:
        headers = {**self._key, "content-type": "application/json"}
        url = self._base + self.settings.submit_path
        response = await self._client.post(url, content=body, headers=headers, timeout=limits)
        if not response.is_success:
            raise _Refused(response)
        return response.json()

    async def _get(
        self, client: httpx2.AsyncClient, url: str, headers: Mapping[str, str], deadline: Deadline
    ) -> bytes | None:
        """The body, None for a status that passes; raises PodiumError only."""

        async def get(limits: httpx2.Timeout) -> bytes | None:
            response = await client.get(url, headers=dict(headers), timeout=limits)
            if response.status_code in _PASSING:
                return None
            if not response.is_success:
                raise _Lost(f"status {response.status_code}")
            return response.content

        found: bytes | None = await self._exchange.asked(get, deadline)
        return found

    def _meaning(self, error: Exception) -> PodiumError:
        if isinstance(error, _Refused):
            return provider_error(self._card, Refusal(error.status_code, retry_after=error.wait))
        if isinstance(error, _Lost):
            return unavailable(self._card, f"gives nothing of its job ({error})", AGAIN)
        return connection_error(self._card, error) or no_answer(self._card)


def _transport(origin: str, settings: ImagineSettings) -> httpx2.AsyncBaseTransport | None:
    """Public addresses alone, but for a server of one's own, and on loopback by plain http."""
    own = settings.private_assets or origin.startswith("http:")
    return None if own else PublicTransport()


def _no_stream() -> Reader:
    raise InternalError("Pictures come in one piece.")
