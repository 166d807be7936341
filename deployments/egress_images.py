"""Models that make pictures, as the gateway sees them: outside, sealed and through Egress alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import cast

from deployments.remote import Remote
from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InternalError
from models.images import ImageJob, ImageRequest, Images
from models.ports import ImageModel
from models.remote.image_registry import image_wire_body, takes_webhook
from router.gate.departure import Outgoing
from router.gate.sealer import Sealer


class RemoteImageModel:
    """An ImageModel in another process, which waits there until its pictures are made."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def submit(self, request: ImageRequest, deadline: Deadline) -> ImageJob:
        """The pictures, made."""
        made = await self._remote.call("make", request, deadline.remaining(), deadline=deadline)
        return _done(cast(Images, made))

    async def poll(self, job: ImageJob, deadline: Deadline) -> ImageJob:
        """The job: it was done from the start."""
        return job

    async def fetch(self, job: ImageJob, deadline: Deadline) -> Images:
        """What the job holds."""
        return _held(job)


class GatedImageModel:
    """An ImageModel behind the gate; a request without its decision stays inside.

    Egress asks after the job and fetches, so that one message goes there and one comes back.
    """

    def __init__(
        self, remote: Remote, card: ModelCard, sealer: Sealer, name: Callable[[], str]
    ) -> None:
        self._remote = remote
        self._card = card
        self._sealer = sealer
        self._name = name if takes_webhook(card) else None

    async def submit(self, request: ImageRequest, deadline: Deadline) -> ImageJob:
        """The pictures, made."""
        origin = request.origin
        if origin is None:
            raise InternalError(f"A request for '{self._card.id}' came without its decision.")
        webhook = self._name() if self._name else None
        payload = image_wire_body(self._card, replace(request, webhook=webhook))
        token = self._sealer.seal(self._card.id, origin, payload)
        outgoing = Outgoing(token, payload, self._card.id, origin.tenant)
        left = deadline.remaining()
        made = await self._remote.call("pictures", outgoing, left, webhook or "", deadline=deadline)
        return _done(cast(Images, made))

    async def poll(self, job: ImageJob, deadline: Deadline) -> ImageJob:
        """The job: it was done from the start."""
        return job

    async def fetch(self, job: ImageJob, deadline: Deadline) -> Images:
        """What the job holds."""
        return _held(job)


def image_port(
    card: ModelCard, remote: Remote, sealer: Sealer, name: Callable[[], str]
) -> ImageModel:
    """The port of a model: plain inside, behind the gate outside; `name` is for a webhook."""
    if card.is_local:
        return RemoteImageModel(remote)
    return GatedImageModel(remote, card, sealer, name)


def _done(made: Images) -> ImageJob:
    return ImageJob("at-once", "done", made)


def _held(job: ImageJob) -> Images:
    if job.made is None:
        raise InternalError("A job of this model holds its pictures; this one has none.")
    return job.made
