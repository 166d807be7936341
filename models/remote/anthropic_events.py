"""From the SDK's stream events to our deltas; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.messages import ChatDelta, FinishReason, ToolCallDelta, Usage
from models.remote.provider_errors import EndedBadly
from models.remote.typed import count_of, text_of

# `pause_turn` belongs to tools that the provider runs itself; none is ever offered.
REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_TEXT, _TOOL, _THINKING = "text", "tool_use", "thinking"


class EventReader:
    """Reads one stream; `usage` is held back, for it stands on the last delta alone."""

    def __init__(self) -> None:
        self.model: str | None = None
        self.usage: Usage | None = None
        self._ended = False
        self._calls = 0
        # The number of a block of the answer → the number of its tool call.
        self._call_of: dict[int, int] = {}
        self._silent: set[int] = set()

    @property
    def whole(self) -> bool:
        """Whether the stream came to an end of its own."""
        return self._ended

    def deltas(self, event: Any) -> Iterator[ChatDelta]:
        """The deltas of one event; an event of a kind that is not known gives none."""
        kind = text_of(getattr(event, "type", None))
        if kind == "message_start":
            self.model = text_of(event.message.model) or self.model
            self._count(event.message.usage)
        elif kind == "content_block_start":
            yield from self._begun(count_of(event.index), event.content_block)
        elif kind == "content_block_delta":
            yield from self._grown(count_of(event.index), event.delta)
        elif kind == "content_block_stop":
            yield from self._done(count_of(event.index))
        elif kind == "message_delta":
            self._count(event.usage)
            yield from self._reason(event.delta)

    def _begun(self, number: int, block: Any) -> Iterator[ChatDelta]:
        if block.type == _TOOL:
            self._call_of[number] = self._calls
            self._silent.add(number)
            call = ToolCallDelta(self._calls, text_of(block.id), text_of(block.name))
            self._calls += 1
            yield ChatDelta(tool_calls=(call,))
        elif block.type == _TEXT and text_of(block.text):
            yield ChatDelta(text=block.text)
        elif block.type == _THINKING and text_of(block.thinking):
            yield ChatDelta(reasoning=block.thinking)

    def _grown(self, number: int, delta: Any) -> Iterator[ChatDelta]:
        if delta.type == "text_delta" and text_of(delta.text):
            yield ChatDelta(text=delta.text)
        elif delta.type == "thinking_delta" and text_of(delta.thinking):
            yield ChatDelta(reasoning=delta.thinking)
        elif delta.type == "input_json_delta" and text_of(delta.partial_json):
            self._silent.discard(number)
            call = ToolCallDelta(self._call_of[number], arguments=delta.partial_json)
            yield ChatDelta(tool_calls=(call,))

    def _done(self, number: int) -> Iterator[ChatDelta]:
        if number in self._silent:
            self._silent.discard(number)
            yield ChatDelta(tool_calls=(ToolCallDelta(self._call_of[number], arguments="{}"),))

    def _reason(self, delta: Any) -> Iterator[ChatDelta]:
        reason = text_of(delta.stop_reason)
        if not reason or self._ended:
            return
        if reason not in REASONS:
            raise EndedBadly(reason)
        self._ended = True
        yield ChatDelta(finish_reason=REASONS[reason])

    def _count(self, usage: Any) -> None:
        """Counts are cumulative; one that is left out stays as it was."""
        last = self.usage or Usage()
        fresh = getattr(usage, "input_tokens", None)
        cached = getattr(usage, "cache_read_input_tokens", None)
        written = getattr(usage, "cache_creation_input_tokens", None)
        prompt = last.prompt_tokens
        if fresh is not None:
            prompt = count_of(fresh) + count_of(cached) + count_of(written)
        self.usage = Usage(
            prompt_tokens=prompt,
            completion_tokens=count_of(usage.output_tokens) or last.completion_tokens,
            cached_tokens=last.cached_tokens if cached is None else count_of(cached),
            cache_write_tokens=last.cache_write_tokens if written is None else count_of(written),
            reasoning_tokens=_thought(usage) or last.reasoning_tokens,
        )


def _thought(usage: Any) -> int:
    details = getattr(usage, "output_tokens_details", None)
    return count_of(getattr(details, "thinking_tokens", None))
