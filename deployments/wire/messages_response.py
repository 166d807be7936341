"""Messages as Anthropic's clients read them: whole, or as server-sent events in their order."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import msgspec
from pydantic_core import from_json

from deployments.wire.messages_errors import messages_error_event
from models.errors import InternalError, ModelUnavailable, PodiumError
from models.messages import (
    ChatDelta,
    Choice,
    Completion,
    FinishReason,
    ToolCall,
    ToolCallDelta,
    Usage,
)

_encoder = msgspec.json.Encoder()
_REASONS: Mapping[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}


class MessagesDialect:
    """Anthropic's messages; clients must send max_tokens, so they send much."""

    shortens: ClassVar[bool] = True

    def body(self, completion: Completion, model: str, route: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a whole answer; `route` is ours to add."""
        (choice,) = completion.choices
        return {
            **_frame(model),
            "content": list(_content(choice)),
            **_end(choice.finish_reason, choice.stop_sequence),
            "usage": _usage(completion.usage),
            "route": route,
        }

    def writer(self, model: str) -> MessageWriter:
        """A writer for one stream."""
        return MessageWriter(model)

    def error_event(self, error: PodiumError, request_id: str) -> bytes:
        """The event `error`, which ends a stream."""
        return messages_error_event(error, request_id)


class MessageWriter:
    """Writes one stream: message_start, each block with its deltas, message_delta, message_stop.

    Blocks stand one after another, never open at once. What a prompt comes to is known at the end
    only, so message_start counts nought and message_delta counts all; `route` stands there, too.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._started = False
        self._block = -1
        self._open: tuple[str, int] | None = None
        self._calls: set[int] = set()
        self._finish: FinishReason = "stop"
        self._stop_sequence: str | None = None

    def delta(self, delta: ChatDelta) -> bytes:
        """The events of one piece."""
        self._finish = delta.finish_reason or self._finish
        self._stop_sequence = delta.stop_sequence or self._stop_sequence
        return b"".join(self._pieces(delta))

    def last(self, usage: Usage, route: Mapping[str, Any]) -> bytes:
        """The end of the last block, and of the message."""
        end = {
            "delta": _end(self._finish, self._stop_sequence),
            "usage": _usage(usage),
            "route": route,
        }
        return b"".join(
            (*self._start(), *self._stop(), _event("message_delta", end), _event("message_stop"))
        )

    def _pieces(self, delta: ChatDelta) -> Iterator[bytes]:
        if delta.reasoning:
            thought = {"type": "thinking", "thinking": "", "signature": ""}
            yield from self._enter(("thinking", 0), thought)
            yield self._said({"type": "thinking_delta", "thinking": delta.reasoning})
        if delta.text:
            yield from self._enter(("text", 0), {"type": "text", "text": ""})
            yield self._said({"type": "text_delta", "text": delta.text})
        for call in delta.tool_calls:
            yield from self._call(call)

    def _call(self, call: ToolCallDelta) -> Iterator[bytes]:
        place = ("tool_use", call.index)
        if self._open != place and call.index in self._calls:
            raise InternalError("The model mixed the pieces of two tool calls; ask again.")
        self._calls.add(call.index)
        block = {
            "type": "tool_use",
            "id": call.id or f"toolu_{uuid.uuid4().hex}",
            "name": call.name or "",
            "input": {},
        }
        yield from self._enter(place, block)
        if call.arguments:
            yield self._said({"type": "input_json_delta", "partial_json": call.arguments})

    def _enter(self, place: tuple[str, int], block: Mapping[str, Any]) -> Iterator[bytes]:
        if self._open == place:
            return
        yield from self._start()
        yield from self._stop()
        self._open = place
        self._block += 1
        yield _event("content_block_start", {"index": self._block, "content_block": block})

    def _start(self) -> Iterator[bytes]:
        if not self._started:
            self._started = True
            message = {
                **_frame(self._model),
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": _usage(Usage()),
            }
            yield _event("message_start", {"message": message})

    def _stop(self) -> Iterator[bytes]:
        if self._open is not None:
            self._open = None
            yield _event("content_block_stop", {"index": self._block})

    def _said(self, delta: Mapping[str, Any]) -> bytes:
        return _event("content_block_delta", {"index": self._block, "delta": delta})


def _frame(model: str) -> dict[str, Any]:
    return {
        "id": f"msg_{uuid.uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model,
    }


def _content(choice: Choice) -> Iterator[dict[str, Any]]:
    if choice.reasoning:
        yield {"type": "thinking", "thinking": choice.reasoning, "signature": ""}
    if choice.message.content:
        yield {"type": "text", "text": choice.message.content}
    for call in choice.message.tool_calls:
        yield {"type": "tool_use", "id": call.id, "name": call.name, "input": _input(call)}


def _input(call: ToolCall) -> dict[str, Any]:
    """The arguments as an object; of an answer cut off, what it had said, as a stream would."""
    try:
        found = from_json(call.arguments or "{}", allow_partial=True)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InternalError("The model called a tool with arguments that are no object; ask again.")
    return found


def _end(reason: FinishReason, stop_sequence: str | None) -> dict[str, Any]:
    if reason not in _REASONS:
        raise ModelUnavailable("The answer was broken off; ask again.", retry_after=1.0)
    if reason == "stop" and stop_sequence is not None:
        return {"stop_reason": "stop_sequence", "stop_sequence": stop_sequence}
    return {"stop_reason": _REASONS[reason], "stop_sequence": None}


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.prompt_tokens - usage.cached_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
    }


def _event(name: str, data: Mapping[str, Any] | None = None) -> bytes:
    body = _encoder.encode({"type": name, **(data or {})})
    return b"event: " + name.encode() + b"\ndata: " + body + b"\n\n"
