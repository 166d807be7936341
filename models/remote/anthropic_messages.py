"""Chat models behind Anthropic's dialect: Claude, or any server that speaks it.

The wire is https://platform.claude.com/docs/en/api/messages, spoken by the official SDK. It is
imported in this file only, when the first adapter is made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2

from models.catalog import ModelCard
from models.collect import collect
from models.deadline import Deadline
from models.errors import InvalidConfig
from models.messages import ChatDelta, ChatRequest, Completion
from models.remote.anthropic_body import body_bytes
from models.remote.anthropic_events import EventReader
from models.remote.anthropic_settings import AnthropicSettings
from models.remote.exchange import Exchange, Ran, Wire
from models.remote.outlet import outlet_client
from models.remote.provider_errors import too_long
from models.remote.sdk_errors import SdkErrors
from models.strict_yaml import parse

HEADERS = frozenset({"anthropic-version", "x-api-key"})
# Without one the SDK would look for a profile on the disk.
NO_KEY = "none"


class AnthropicMessages:
    """A ChatModel over one base URL, without the /v1."""

    def __init__(self, card: ModelCard, key: str | None) -> None:
        import anthropic

        if card.base_url is None:
            raise InvalidConfig(f"The row '{card.id}' has no base_url.", param="base_url")
        self.settings = parse(AnthropicSettings, card.engine, card.id)
        self._card = card
        self._sdk: Any = anthropic
        self._client = anthropic.AsyncAnthropic(
            api_key=key or NO_KEY,
            base_url=card.base_url,
            http_client=outlet_client(card.base_url, self.settings, HEADERS),
            max_retries=0,
            open_telemetry=False,
        )
        errors = SdkErrors(card, anthropic, _word)
        wire = Wire(self._open, EventReader, (anthropic.AnthropicError,), errors.meaning)
        self._exchange = Exchange(card, self.settings, wire)

    @property
    def running(self) -> int:
        """How many answers are open now."""
        return self._exchange.running

    def body(self, request: ChatRequest) -> bytes:
        """The bytes that `request` puts on the wire."""
        return body_bytes(request, self._card.vendor_model or self._card.id, self.settings)

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer; the wire streams it all the same, so that leaving early stops it."""
        return await collect(request.model, self.stream(request, deadline))

    def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes."""
        return self.send(self.body(request), deadline)

    def send(
        self, body: bytes, deadline: Deadline, ran: Ran | None = None
    ) -> AsyncIterator[ChatDelta]:
        """Put exactly `body` on the wire and give the answer; raises PodiumError only."""
        return self._exchange.send(body, deadline, ran)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _open(self, body: bytes, limits: httpx2.Timeout) -> Any:
        event = self._sdk.types.RawMessageStreamEvent
        return await self._client.post(
            "/v1/messages",
            cast_to=event,
            content=body,
            options={"headers": {"content-type": "application/json"}, "timeout": limits},
            stream=True,
            stream_cls=self._sdk.AsyncStream[event],
        )


def _word(error: Any) -> tuple[str | None, str | None]:
    """The type inside the error's body; the dialect never names a field."""
    body = error.body if isinstance(error.body, dict) else {}
    inner = body.get("error")
    row = inner if isinstance(inner, dict) else {}
    if too_long(row.get("message")):
        return "context_length_exceeded", None
    word = row.get("type")
    return word if isinstance(word, str) else None, None
