"""A ChatModel over the server object of Ray Serve LLM, which speaks OpenAI's wire in Python."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

from deployments.ray_llm_errors import raise_told, server_errors
from models.collect import collect
from models.deadline import Deadline
from models.local.engine_stats import EngineStats
from models.local.forced_calls import ForcedCalls
from models.local.ray_llm_settings import RayLlmSettings
from models.local.ray_llm_words import chat_body
from models.local.room import room_for
from models.local.tool_choice import calls_at_once
from models.messages import ChatDelta, ChatRequest, Completion, Sampling
from models.remote.openai_chunks import ChunkReader

_DONE = "[DONE]"


class Server(Protocol):
    """What is asked of `ray.serve.llm`'s LLMServer."""

    async def chat(self, request: Any) -> AsyncGenerator[Any, None]:
        """Lists of server-sent events, as text, or of ErrorResponse."""


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model by its name, and the tokens that prompt and answer may take together."""

    id: str
    window: int


class RayLlmChat:
    """Answers by the server's `chat`; its load is what it has open, for the server tells none.

    `wire` makes the server's own type of a request from its fields.
    """

    def __init__(
        self, server: Server, wire: Callable[..., Any], settings: RayLlmSettings, model: ServedModel
    ) -> None:
        self._server, self._wire, self._settings = server, wire, settings
        self._model, self._window = model.id, model.window
        self._open = 0

    @property
    def window(self) -> int:
        """Tokens that prompt and answer may take together."""
        return self._window

    def stats(self) -> EngineStats:
        """Requests that are open here, as many as fit into a batch of them running."""
        running = min(self._open, self._settings.max_num_seqs)
        return EngineStats(running=running, waiting=self._open - running)

    async def complete(self, request: ChatRequest, deadline: Deadline) -> Completion:
        """The whole answer, put together from its stream."""
        return await collect(request.model, self.stream(request, deadline))

    async def stream(self, request: ChatRequest, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """The answer token by token; closing the iterator aborts it in the engine."""
        self._open += 1
        try:
            with server_errors(self._model):
                async with aclosing(self._deltas(request, deadline)) as deltas:
                    async for delta in deltas:
                        yield delta
        finally:
            self._open -= 1

    async def count(self, request: ChatRequest, deadline: Deadline) -> int:
        """The tokens that the messages and tools take, template and all.

        The engine reads them and writes one token; its cache keeps what it read. The server's own
        `tokenize` finds no tokenizer, with the vLLM that Ray 2.60 asks for or a later one.
        """
        counted = replace(request, sampling=Sampling(max_tokens=1), json_schema=None)
        done = await self.complete(counted, deadline)
        return done.usage.prompt_tokens

    async def _deltas(
        self, request: ChatRequest, deadline: Deadline
    ) -> AsyncGenerator[ChatDelta, None]:
        request = await self._shortened(request, deadline)
        body = chat_body(request, self._settings, _request_id(request))
        answer, reader = _Answer(request), ChunkReader()
        async with aclosing(await self._server.chat(self._wire(**body))) as batches:
            while True:
                async with asyncio.timeout(deadline.remaining()):
                    batch = await anext(batches, None)
                if batch is None:
                    break
                for chunk in _chunks(batch, self._model):
                    for delta in reader.deltas(chunk):
                        yield answer.read(delta, chunk)
        yield ChatDelta(usage=reader.usage)

    async def _shortened(self, request: ChatRequest, deadline: Deadline) -> ChatRequest:
        """With as many tokens as the window has left, where the request asks for that."""
        if not request.sampling.shortens or request.sampling.max_tokens is None:
            return request
        used = await self.count(request, deadline)
        room = room_for(request.sampling, used, self._window)
        return replace(request, sampling=replace(request.sampling, max_tokens=room))


class _Answer:
    """Our deltas of one request's choices, its forced calls read back."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._calls = ForcedCalls(request)
        self._called: set[int] = set()

    def read(self, delta: ChatDelta, chunk: Mapping[str, Any]) -> ChatDelta:
        """`delta` as read from `chunk`, with what OpenAI's shape has no field for."""
        finish = delta.finish_reason
        if self._calls.applies:
            called = self._calls.delta(delta.index, delta.text, finish)
            delta = replace(delta, text="", tool_calls=called.tool_calls)
        if delta.tool_calls:
            self._called.add(delta.index)
        if finish == "stop" and delta.index in self._called:
            finish = "tool_calls"
        return replace(
            delta,
            tool_calls=calls_at_once(self._request, delta.tool_calls),
            finish_reason=finish,
            stop_sequence=_stop_sequence(chunk, delta.index),
        )


def _stop_sequence(chunk: Mapping[str, Any], index: int) -> str | None:
    """The text that ended the choice; a number is the model's own end."""
    for choice in chunk.get("choices", ()):
        if choice["index"] == index and isinstance(choice.get("stop_reason"), str):
            return str(choice["stop_reason"])
    return None


def _chunks(batch: Any, model: str) -> Iterator[Mapping[str, Any]]:
    for item in batch if isinstance(batch, list) else [batch]:
        if hasattr(item, "error"):
            raise_told(item.error, model)
        for event in str(item).split("\n\n"):
            data = event.removeprefix("data: ").strip()
            if not data or data == _DONE:
                continue
            chunk = json.loads(data)
            if "error" in chunk:
                raise_told(_Told(**{k: chunk["error"].get(k) for k in _TOLD}), model)
            yield chunk


_TOLD = ("code", "message", "param")


@dataclass(frozen=True, slots=True)
class _Told:
    code: int | None
    message: str | None
    param: str | None


def _request_id(request: ChatRequest) -> str:
    return f"{request.request_id}-{uuid.uuid4().hex[:12]}"
