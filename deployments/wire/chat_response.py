"""Chat completions as OpenAI's clients read them: whole, or as server-sent events."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import msgspec

from deployments.wire.errors import error_event
from models.errors import PodiumError
from models.messages import ChatDelta, Choice, Completion, TokenLogprob, Usage

_encoder = msgspec.json.Encoder()
DONE = b"data: [DONE]\n\n"
_MARK = "text"


def completion_id() -> str:
    """A fresh id for a completion."""
    return f"chatcmpl-{uuid.uuid4().hex}"


def completion_body(completion: Completion, model: str, route: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a whole answer."""
    return {
        "id": completion_id(),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [_choice(choice) for choice in completion.choices],
        "usage": usage_body(completion.usage),
        "route": route,
    }


def usage_body(usage: Usage) -> dict[str, Any]:
    """Token counts, in OpenAI's names."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


class OpenAiDialect:
    """OpenAI's chat completions; `include_usage` is the client's wish for a chunk of counts."""

    shortens: ClassVar[bool] = False

    def __init__(self, include_usage: bool = False) -> None:
        self._include_usage = include_usage

    def body(self, completion: Completion, model: str, route: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a whole answer."""
        return completion_body(completion, model, route)

    def writer(self, model: str) -> ChunkWriter:
        """A writer for one stream."""
        return ChunkWriter(model, self._include_usage)

    def error_event(self, error: PodiumError, request_id: str) -> bytes:
        """The error as data; no [DONE] follows."""
        return error_event(error)


class ChunkWriter:
    """Writes the events of one stream; id, created and model are the same in every chunk.

    The newest chunk with a finish reason is held back, for the route stands on the last chunk:
    on the usage chunk where one was asked for, else on that one.
    """

    def __init__(self, model: str, include_usage: bool = False) -> None:
        self._include_usage = include_usage
        self._base = {
            "id": completion_id(),
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
        }
        self._opened: set[int] = set()
        self._around: dict[int, tuple[bytes, bytes]] = {}
        self._held: dict[str, Any] | None = None

    def delta(self, delta: ChatDelta) -> bytes:
        """The events that a delta lets out; empty when there is nothing to tell yet."""
        if delta.index in self._opened and self._held is None and _only_text(delta):
            return self._words(delta)
        if _only_counts(delta):
            return b""
        body = {"choices": [self._choice(delta)]}
        free, self._held = self._release(), None
        if delta.finish_reason is None:
            return free + self._event(body)
        self._held = body
        return free

    def last(self, usage: Usage, route: Mapping[str, Any]) -> bytes:
        """The events that are left, counts in a chunk without choices where they are wanted."""
        if not self._include_usage:
            return self._event({"choices": [], **(self._held or {}), "route": route}) + DONE
        counts = {"choices": [], "usage": usage_body(usage), "route": route}
        return self._release() + self._event(counts) + DONE

    def _words(self, delta: ChatDelta) -> bytes:
        """The same event for a piece of text alone, as nearly all are: the rest stands ready."""
        around = self._around.get(delta.index)
        if around is None:
            event = self._event({"choices": [self._choice(replace(delta, text=_MARK))]})
            before, _, after = event.rpartition(_encoder.encode(_MARK))
            around = self._around[delta.index] = before, after
        return around[0] + _encoder.encode(delta.text) + around[1]

    def _release(self) -> bytes:
        return b"" if self._held is None else self._event(self._held)

    def _choice(self, delta: ChatDelta) -> dict[str, Any]:
        return {
            "index": delta.index,
            "delta": self._content(delta),
            "finish_reason": delta.finish_reason,
            "logprobs": _logprobs(delta.logprobs),
        }

    def _content(self, delta: ChatDelta) -> dict[str, Any]:
        content: dict[str, Any] = {}
        if delta.index not in self._opened:
            self._opened.add(delta.index)
            content["role"] = "assistant"
            content["content"] = delta.text
        elif delta.text:
            content["content"] = delta.text
        if delta.reasoning:
            content["reasoning_content"] = delta.reasoning
        if delta.tool_calls:
            content["tool_calls"] = [_call_delta(call) for call in delta.tool_calls]
        return content

    def _event(self, body: Mapping[str, Any]) -> bytes:
        return b"data: " + _encoder.encode({**self._base, **body}) + b"\n\n"


def _only_text(delta: ChatDelta) -> bool:
    """Whether the delta is a piece of text and nothing else."""
    other = delta.reasoning or delta.tool_calls or delta.logprobs or delta.finish_reason
    return bool(delta.text) and not other


def _only_counts(delta: ChatDelta) -> bool:
    """Whether the delta says nothing that stands in a chunk of its own."""
    said = delta.text or delta.reasoning or delta.tool_calls or delta.logprobs
    return not said and delta.finish_reason is None


def _call_delta(call: Any) -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": call.arguments}
    if call.name is not None:
        function["name"] = call.name
    value: dict[str, Any] = {"index": call.index, "function": function}
    if call.id is not None:
        value |= {"id": call.id, "type": "function"}
    return value


def _choice(choice: Choice) -> dict[str, Any]:
    calls = [
        {
            "id": call.id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for call in choice.message.tool_calls
    ]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": choice.message.content if choice.message.content or not calls else None,
        "refusal": None,
    }
    if calls:
        message["tool_calls"] = calls
    if choice.reasoning:
        message["reasoning_content"] = choice.reasoning
    return {
        "index": choice.index,
        "message": message,
        "finish_reason": choice.finish_reason,
        "logprobs": _logprobs(choice.logprobs),
    }


def _logprobs(values: tuple[TokenLogprob, ...]) -> dict[str, Any] | None:
    if not values:
        return None
    return {"content": [_token(v, v.top) for v in values], "refusal": None}


def _token(value: TokenLogprob, top: tuple[TokenLogprob, ...] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {
        "token": value.token,
        "logprob": max(value.logprob, -9999.0),
        "bytes": list(value.token.encode()),
    }
    if top is not None:
        body["top_logprobs"] = [_token(other) for other in top]
    return body
