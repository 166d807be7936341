"""From the SDK's stream chunks to our deltas; pure, and lenient about what servers leave out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.messages import ChatDelta, FinishReason, TokenLogprob, ToolCallDelta, Usage

_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class ChunkReader:
    """Reads one stream; `usage` is held back, for it stands on the last delta alone.

    `model` is what the vendor says it ran, `ended` holds the choices that gave a finish reason.
    """

    def __init__(self) -> None:
        self.model: str | None = None
        self.usage: Usage | None = None
        self.ended: set[int] = set()

    def deltas(self, chunk: Any) -> Iterator[ChatDelta]:
        """The deltas of one chunk; an empty one gives none."""
        self.model = getattr(chunk, "model", None) or self.model
        self.usage = _usage(getattr(chunk, "usage", None)) or self.usage
        for choice in getattr(chunk, "choices", None) or ():
            delta = _delta(choice, choice.index in self.ended)
            if delta.finish_reason is not None:
                self.ended.add(delta.index)
            if delta != ChatDelta(index=delta.index):
                yield delta

    @property
    def whole(self) -> bool:
        """Whether the stream came to an end of its own."""
        return bool(self.ended)


def _delta(choice: Any, ended: bool) -> ChatDelta:
    piece = choice.delta
    reason = None if ended else choice.finish_reason
    return ChatDelta(
        index=choice.index,
        text=getattr(piece, "content", None) or "",
        reasoning=_reasoning(piece),
        tool_calls=tuple(_call(part) for part in getattr(piece, "tool_calls", None) or ()),
        logprobs=_logprobs(choice),
        finish_reason=None if reason is None else _REASONS.get(reason, "stop"),
    )


def _reasoning(piece: Any) -> str:
    """DeepSeek and vLLM name it differently; OpenAI's own chat API has none."""
    for name in ("reasoning_content", "reasoning"):
        found = getattr(piece, name, None)
        if isinstance(found, str):
            return found
    return ""


def _call(part: Any) -> ToolCallDelta:
    function = part.function
    return ToolCallDelta(
        index=part.index,
        id=part.id,
        name=function.name if function else None,
        arguments=(function.arguments if function else None) or "",
    )


def _logprobs(choice: Any) -> tuple[TokenLogprob, ...]:
    tokens = choice.logprobs.content if getattr(choice, "logprobs", None) else None
    return tuple(
        TokenLogprob(
            token.token,
            token.logprob,
            tuple(TokenLogprob(other.token, other.logprob) for other in token.top_logprobs or ()),
        )
        for token in tokens or ()
    )


def _usage(usage: Any) -> Usage | None:
    if usage is None:
        return None
    details = getattr(usage, "prompt_tokens_details", None)
    written = getattr(usage, "completion_tokens_details", None)
    return Usage(
        prompt_tokens=usage.prompt_tokens or 0,
        completion_tokens=usage.completion_tokens or 0,
        cached_tokens=getattr(details, "cached_tokens", None) or 0,
        reasoning_tokens=getattr(written, "reasoning_tokens", None) or 0,
    )
