"""Chat models behind OpenAI's dialect: ChatGPT, DeepSeek, Mistral's API, any server that speaks it.

The wire is https://platform.openai.com/docs/api-reference/chat, spoken by the official SDK. It is
imported in this file only, when the first adapter is made.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2

from models.catalog import ModelCard
from models.collect import collect
from models.deadline import Deadline
from models.errors import DeadlineExceeded, InvalidConfig, PodiumError
from models.messages import ChatDelta, ChatRequest, Completion
from models.remote.openai_body import FIELDS, body_bytes
from models.remote.openai_chunks import ChunkReader
from models.remote.openai_settings import OpenAiSettings
from models.remote.outlet import outlet_client
from models.remote.provider_errors import (
    Answered,
    NeverSent,
    Refusal,
    provider_error,
    seconds_of,
    unavailable,
)
from models.strict_yaml import parse

# What stands in for a key where a server wants none: the SDK refuses to start without one.
NO_KEY = "none"
_AGAIN = "Try again shortly."


class OpenAiCompatible:
    """A ChatModel over one base URL. `running` counts the answers that are open now.

    `returned_model` is the model that the vendor last said it ran.
    """

    def __init__(self, card: ModelCard, key: str | None) -> None:
        import openai

        if card.base_url is None:
            raise InvalidConfig(f"The row '{card.id}' has no base_url.", param="base_url")
        self.settings = parse(OpenAiSettings, card.engine, card.id)
        self.running = 0
        self.returned_model: str | None = None
        self._card = card
        self._sdk: Any = openai
        self._http = outlet_client(
            card.base_url,
            self.settings.request_bytes,
            self.settings.response_bytes,
            self.settings.connect_s,
            self.settings.silence_s,
        )
        self._client = openai.AsyncOpenAI(
            api_key=key or NO_KEY, base_url=card.base_url, http_client=self._http, max_retries=0
        )

    def body(self, request: ChatRequest) -> bytes:
        """The bytes that `request` puts on the wire."""
        return body_bytes(request, self._card.vendor_model or self._card.id, self.settings)

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer; the wire streams it all the same, so that leaving early stops it."""
        return await collect(request.model, self.stream(request, deadline))

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer as it comes."""
        async for delta in self.send(self.body(request), deadline):
            yield delta

    async def send(self, body: bytes, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """Put exactly `body` on the wire and give the answer; raises PodiumError only."""
        reader = ChunkReader()
        self.running += 1
        stream = None
        try:
            stream = await self._within(deadline, self._open(body, deadline))
            while (chunk := await self._within(deadline, anext(stream, None))) is not None:
                for delta in reader.deltas(chunk):
                    yield delta
            self.returned_model = reader.model
            if not reader.whole:
                raise unavailable(self._card, "broke off its answer", _AGAIN)
            yield ChatDelta(usage=reader.usage)
        finally:
            self.running -= 1
            if stream is not None:
                await stream.close()

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _open(self, body: bytes, deadline: Deadline) -> Any:
        return await self._client.post(
            "/chat/completions",
            cast_to=self._sdk.types.chat.ChatCompletionChunk,
            content=body,
            options={
                "headers": {"content-type": "application/json"},
                "timeout": self._timeout(deadline),
            },
            stream=True,
            stream_cls=self._sdk.AsyncStream[self._sdk.types.chat.ChatCompletionChunk],
        )

    def _timeout(self, deadline: Deadline) -> httpx2.Timeout:
        left = max(0.001, deadline.remaining())
        return httpx2.Timeout(
            min(left, self.settings.silence_s), connect=min(left, self.settings.connect_s)
        )

    async def _within(self, deadline: Deadline, work: Any) -> Any:
        """The result by the deadline; every failure as an error of our tree."""
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await work
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"'{self._card.id}' was not done in time; ask for less, or allow more time."
            ) from error
        except PodiumError:
            raise
        except (self._sdk.OpenAIError, httpx2.HTTPError, ValueError) as error:
            raise self._ours(error) from _status(error)

    def _ours(self, error: Exception) -> PodiumError:
        """The error of our tree; the SDK's own, which may hold content, is let go."""
        sdk = self._sdk
        if isinstance(error.__cause__, PodiumError):
            return error.__cause__
        if isinstance(error, sdk.APIStatusError):
            return provider_error(self._card, _refusal(error, error.response))
        if isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout):
            return NeverSent(f"'{self._card.id}': {self._card.site} can't be reached. {_AGAIN}")
        if isinstance(error, sdk.APITimeoutError | httpx2.TimeoutException):
            return unavailable(self._card, "was silent for too long", _AGAIN, 1.0)
        if isinstance(error, sdk.APIConnectionError | httpx2.HTTPError):
            return unavailable(self._card, "closed the connection", _AGAIN, 1.0)
        if isinstance(error, sdk.APIResponseValidationError | ValueError):
            return unavailable(
                self._card, "answered with what is no chat completion", "Mend base_url of its row."
            )
        return provider_error(self._card, _refusal(error, None))


def _status(error: Exception) -> Answered | None:
    found = getattr(error, "status_code", None)
    return Answered(found) if isinstance(found, int) else None


def _refusal(error: Any, response: httpx2.Response | None) -> Refusal:
    """The parts of an SDK error that carry no content; a field is named only if we could send it.

    Servers put the word for a failure into `code`, or into `type`.
    """
    param = error.param if isinstance(error.param, str) else None
    word = error.code if isinstance(error.code, str) else error.type
    known = param is not None and param.split(".")[0].split("[")[0] in FIELDS
    return Refusal(
        status=None if response is None else response.status_code,
        code=word if isinstance(word, str) else None,
        param=param.split(".")[0].split("[")[0] if known and param else None,
        retry_after=None if response is None else seconds_of(response.headers.get("retry-after")),
    )
