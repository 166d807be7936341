"""From the chunks of OpenAI's stream to our deltas; pure, lenient about what servers leave out.

A chunk is the object that the SDK read. The SDK's own type for it would be made anew for each word,
at a cost of half the rest, and checks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.messages import ChatDelta, FinishReason, TokenLogprob, ToolCallDelta, Usage
from models.remote.provider_errors import EndedBadly
from models.remote.typed import count_of, row_of, rows_of, text_of

# `model_length` is Mistral's word for a full window; a reason that is not known is an end.
_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "abort": "abort",
}
# Mistral's word for a failure, and DeepSeek's for having no capacity left.
_NO_ENDS = {"error": "server_error", "insufficient_system_resource": "overloaded_error"}


class ChunkReader:
    """Reads one stream; `usage` is held back, for it stands on the last delta alone.

    `model` is what the vendor says it ran, `ended` holds the choices that gave a finish reason. A
    refusal in so many words is the text of an answer that ends with `content_filter`.
    """

    def __init__(self) -> None:
        self.model: str | None = None
        self.usage: Usage | None = None
        self.ended: set[int] = set()
        self._refused: set[int] = set()

    def deltas(self, chunk: Any) -> Iterator[ChatDelta]:
        """The deltas of one chunk; an empty one gives none."""
        fields = row_of(chunk)
        self.model = text_of(fields.get("model")) or self.model
        self.usage = _usage(fields.get("usage")) or self.usage
        for choice in rows_of(fields.get("choices")):
            delta = self._delta(choice)
            if delta.finish_reason is not None:
                self.ended.add(delta.index)
            if delta != ChatDelta(index=delta.index):
                yield delta

    @property
    def whole(self) -> bool:
        """Whether the stream came to an end of its own."""
        return bool(self.ended)

    def _delta(self, choice: Mapping[str, Any]) -> ChatDelta:
        piece, index = row_of(choice["delta"]), count_of(choice["index"])
        thoughts, text = _content(piece)
        refusal = text_of(piece.get("refusal"))
        if refusal:
            self._refused.add(index)
        return ChatDelta(
            index=index,
            text=text + refusal,
            reasoning=_reasoning(piece) + thoughts,
            tool_calls=tuple(_call(part) for part in rows_of(piece.get("tool_calls"))),
            logprobs=_logprobs(choice),
            finish_reason=self._reason(index, choice.get("finish_reason")),
        )

    def _reason(self, index: int, said: Any) -> FinishReason | None:
        reason = text_of(said)
        if not reason or index in self.ended:
            return None
        if reason in _NO_ENDS:
            raise EndedBadly(_NO_ENDS[reason])
        return "content_filter" if index in self._refused else _REASONS.get(reason, "stop")


def _content(piece: Mapping[str, Any]) -> tuple[str, str]:
    """Thoughts and text; Mistral's reasoning models send a list of parts."""
    content = piece.get("content")
    if not isinstance(content, list):
        return "", text_of(content)
    thoughts, text = "", ""
    for part in content:
        if part.get("type") == "thinking":
            inner = part.get("thinking")
            rows = [{"text": inner}] if isinstance(inner, str) else rows_of(inner)
            thoughts += "".join(text_of(row.get("text")) for row in rows)
        else:
            text += text_of(part.get("text"))
    return thoughts, text


def _reasoning(piece: Mapping[str, Any]) -> str:
    """DeepSeek and vLLM name it differently; OpenAI's own chat API has none."""
    for name in ("reasoning_content", "reasoning"):
        found = piece.get(name)
        if isinstance(found, str):
            return found
    return ""


def _call(part: Mapping[str, Any]) -> ToolCallDelta:
    function = row_of(part.get("function"))
    return ToolCallDelta(
        index=count_of(part["index"]),
        id=text_of(part.get("id")) or None,
        name=text_of(function.get("name")) or None,
        arguments=text_of(function.get("arguments")),
    )


def _logprobs(choice: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    tokens = rows_of(row_of(choice.get("logprobs")).get("content"))
    return tuple(
        TokenLogprob(
            token["token"],
            token["logprob"],
            tuple(
                TokenLogprob(other["token"], other["logprob"])
                for other in rows_of(token.get("top_logprobs"))
            ),
        )
        for token in tokens
    )


def _usage(said: Any) -> Usage | None:
    """The counts; DeepSeek has a name of its own for what the cache gave."""
    if said is None:
        return None
    usage = row_of(said)
    cached = row_of(usage.get("prompt_tokens_details")).get("cached_tokens")
    if cached is None:
        cached = usage.get("prompt_cache_hit_tokens")
    return Usage(
        prompt_tokens=count_of(usage["prompt_tokens"]),
        completion_tokens=count_of(usage["completion_tokens"]),
        cached_tokens=count_of(cached),
        reasoning_tokens=count_of(
            row_of(usage.get("completion_tokens_details")).get("reasoning_tokens")
        ),
    )
