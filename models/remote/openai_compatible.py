"""Chat models behind OpenAI's dialect: ChatGPT, DeepSeek, Mistral's API, any server that speaks it.

The wire is https://platform.openai.com/docs/api-reference/chat, spoken by the official SDK. It is
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
from models.remote.exchange import Exchange, Ran, Wire
from models.remote.openai_body import FIELDS, body_bytes
from models.remote.openai_chunks import ChunkReader
from models.remote.openai_settings import OpenAiSettings
from models.remote.outlet import outlet_client
from models.remote.provider_errors import too_long
from models.remote.sdk_errors import SdkErrors
from models.strict_yaml import parse

# What stands in for a key where a server wants none: the SDK refuses to start without one.
NO_KEY = "none"


class OpenAiCompatible:
    """A ChatModel over one base URL."""

    def __init__(self, card: ModelCard, key: str | None) -> None:
        import openai

        if card.base_url is None:
            raise InvalidConfig(f"The row '{card.id}' has no base_url.", param="base_url")
        self.settings = parse(OpenAiSettings, card.engine, card.id)
        self._card = card
        self._sdk: Any = openai
        self._http = outlet_client(card.base_url, self.settings)
        self._client = openai.AsyncOpenAI(
            api_key=key or NO_KEY, base_url=card.base_url, http_client=self._http, max_retries=0
        )
        self._address = httpx2.URL(card.base_url.rstrip("/") + "/chat/completions")
        self._headers = {
            "accept": "application/json",
            "connection": "keep-alive",
            "content-type": "application/json",
            **self._client.auth_headers,
        }
        errors = SdkErrors(card, openai, _word)
        wire = Wire(self._open, ChunkReader, (openai.OpenAIError,), errors.meaning)
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
        """The SDK's stream over a request of our own: the SDK makes the same bytes of options that
        it copies, checks and merges anew for each, which was a sixth of the gate's time.
        """
        request = httpx2.Request(
            "POST",
            self._address,
            headers=self._headers,
            content=body,
            extensions={"timeout": limits.as_dict()},
        )
        response = await self._http.send(request, stream=True)
        if not response.is_success:
            await response.aread()
            message, told = _refused(response)
            raise self._sdk.APIStatusError(message, response=response, body=told)
        return _Pieces(
            self._sdk.AsyncStream(cast_to=object, response=response, client=self._client)
        )


class _Pieces:
    """The SDK's stream, put away with its generators when it is closed.

    The stream and the generator that it makes hold each other: left half-read they would wait for
    the collector, which closes what is inside of them in any order.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._pieces = stream.__stream__()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return await anext(self._pieces)

    async def close(self) -> None:
        await self._pieces.aclose()
        await self._stream.close()


def _refused(response: httpx2.Response) -> tuple[str, object]:
    """The provider's message and its error object, as the SDK finds them."""
    try:
        told = response.json()
    except (ValueError, RecursionError):
        return "", None
    error = told.get("error", told) if isinstance(told, dict) else told
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else "", error


def _word(error: Any) -> tuple[str | None, str | None]:
    """The code, which some servers put into `type`, and the field, if we could have sent it."""
    word = error.code if isinstance(error.code, str) else error.type
    if too_long(error.message):
        word = "context_length_exceeded"
    field = error.param.split(".")[0].split("[")[0] if isinstance(error.param, str) else None
    return word if isinstance(word, str) else None, field if field in FIELDS else None
