"""Chat models behind Gemini's dialect.

The wire is https://ai.google.dev/api/generate-content, spoken by the official SDK. It is imported
in this file only, when the first adapter is made.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2

from models.catalog import ModelCard
from models.collect import collect
from models.deadline import Deadline
from models.errors import InvalidConfig, PodiumError
from models.messages import ChatDelta, ChatRequest, Completion
from models.remote.exchange import Exchange, Ran, Wire, no_answer
from models.remote.gemini_body import body_bytes
from models.remote.gemini_chunks import GeminiReader
from models.remote.gemini_refusal import refusal_of
from models.remote.gemini_settings import GeminiSettings
from models.remote.outlet import outlet_client
from models.remote.provider_errors import provider_error
from models.remote.sdk_errors import connection_error
from models.remote.wire_settings import WireSettings
from models.strict_yaml import parse

HEADERS = frozenset({"x-goog-api-key"})
STREAMED = "streamGenerateContent?alt=sse"
# The SDK refuses to start without one.
NO_KEY = "none"


class GeminiClient:
    """The SDK set up to reach one base URL, without the version; `raises` are its own errors."""

    def __init__(
        self, card: ModelCard, key: str | None, settings: WireSettings, api_version: str
    ) -> None:
        from google import genai
        from google.genai import errors, types

        if card.base_url is None:
            raise InvalidConfig(f"The row '{card.id}' has no base_url.", param="base_url")
        self.raises: tuple[type[Exception], ...] = (errors.APIError,)
        self._card = card
        self._http = outlet_client(card.base_url, settings, HEADERS)
        # Given both clients, the SDK makes none of its own that would ask the environment.
        self._unused = httpx2.Client(trust_env=False, transport=httpx2.MockTransport(_nowhere))
        self._client: Any = genai.Client(
            api_key=key or NO_KEY,
            vertexai=False,
            http_options=types.HttpOptions(
                base_url=card.base_url,
                api_version=api_version,
                httpx_client=self._unused,
                httpx_async_client=self._http,
            ),
        )

    async def post(self, method: str, body: bytes, limits: httpx2.Timeout, *, stream: bool) -> Any:
        """The SDK's public methods make the body anew; the one below them takes it as it is."""
        sdk = self._client._api_client
        model = self._card.vendor_model or self._card.id
        request = sdk._build_request("post", f"models/{model}:{method}", {}, None)
        request.data, request.timeout = body, limits
        return await sdk._async_request(request, None, stream=stream)

    def meaning(self, error: Exception) -> PodiumError:
        """The error of our tree for one of the SDK's, or one on the way."""
        if isinstance(error, self.raises):
            return provider_error(self._card, refusal_of(error))
        return connection_error(self._card, error) or no_answer(self._card)

    async def close(self) -> None:
        """Close every connection."""
        self._unused.close()
        await self._http.aclose()


class GeminiContent:
    """A ChatModel over one base URL, without the version."""

    def __init__(self, card: ModelCard, key: str | None) -> None:
        self.settings = parse(GeminiSettings, card.engine, card.id)
        self._sdk = GeminiClient(card, key, self.settings, self.settings.api_version)
        wire = Wire(self._open, GeminiReader, self._sdk.raises, self._sdk.meaning)
        self._exchange = Exchange(card, self.settings, wire)

    @property
    def running(self) -> int:
        """How many answers are open now."""
        return self._exchange.running

    def body(self, request: ChatRequest) -> bytes:
        """The bytes that `request` puts on the wire."""
        return body_bytes(request, self.settings)

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
        await self._sdk.close()

    async def _open(self, body: bytes, limits: httpx2.Timeout) -> Any:
        return _Pieces(await self._sdk.post(STREAMED, body, limits, stream=True))


class _Pieces:
    """The SDK's response as a stream that can be closed."""

    def __init__(self, response: Any) -> None:
        self._response = response
        self._segments = response.async_segments()

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return await anext(self._segments)

    async def close(self) -> None:
        await self._segments.aclose()
        await self._response.response_stream.aclose()


def _nowhere(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("never used", request=request)
