"""A model outside, as the gateway sees it: every request sealed, sent through Egress alone."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from deployments.ports import RemoteChatModel
from deployments.remote import Remote
from deployments.retrying_chat import RetryingChat
from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InternalError
from models.messages import ChatDelta, ChatRequest, Completion, Origin
from models.ports import ChatModel
from models.remote.registry import wire_body
from router.gate.departure import Outgoing
from router.gate.sealer import Sealer


class EgressModel:
    """A Remote that speaks to Egress about one model."""

    def __init__(self, egress: Remote, name: str) -> None:
        self.name = name
        self._egress = egress

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        """The method's answer; what has no argument is asked about this model."""
        return await self._egress.call(method, *(args or (self.name,)), deadline=deadline)

    def stream(self, method: str, *args: object, deadline: Deadline) -> AsyncGenerator[Any, None]:
        """The items of a generator method as they come."""
        return self._egress.stream(method, *args, deadline=deadline)


class GatedChatModel:
    """A ChatModel behind the gate; a request that does not say where it comes from stays inside."""

    def __init__(self, remote: Remote, card: ModelCard, sealer: Sealer) -> None:
        self._remote = remote
        self._card = card
        self._sealer = sealer

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer."""
        outgoing = self._outgoing(request)
        answer = await self._remote.call(
            "complete", outgoing, deadline.remaining(), deadline=deadline
        )
        return cast(Completion, answer)

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes; closing it stops the provider."""
        outgoing = self._outgoing(request)
        items = self._remote.stream("stream", outgoing, deadline.remaining(), deadline=deadline)
        async with aclosing(items):
            async for item in items:
                yield item

    def _outgoing(self, request: ChatRequest) -> Outgoing:
        origin = request.origin
        if origin is None:
            raise InternalError(f"A request for '{self._card.id}' came without its decision.")
        payload = wire_body(self._card, request)
        token = self._sealer.seal(self._card.id, origin, payload)
        return Outgoing(token, payload, self._card.id, origin.tenant)


def chat_port(card: ModelCard, remote: Remote, sealer: Sealer) -> ChatModel:
    """The port of a model: plain inside, behind the gate outside."""
    if card.is_local:
        return RemoteChatModel(remote)
    return RetryingChat(GatedChatModel(remote, card, sealer))


class Originating:
    """A ChatModel that says of every request where it comes from."""

    def __init__(self, model: ChatModel, origin: Origin) -> None:
        self._model = model
        self._origin = origin

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer."""
        return await self._model.complete(replace(request, origin=self._origin), deadline)

    def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes."""
        return self._model.stream(replace(request, origin=self._origin), deadline)
