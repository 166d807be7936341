"""From the pieces of a Gemini stream, as JSON, to our deltas; pure."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from models.messages import ChatDelta, FinishReason, TokenLogprob, ToolCallDelta, Usage
from models.remote.provider_errors import EndedBadly
from models.remote.typed import count_of, row_of, rows_of, text_of

FILTERED: Final = "content_filter"
# Every other reason leaves no answer that one can use.
REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": FILTERED,
    "RECITATION": FILTERED,
    "BLOCKLIST": FILTERED,
    "PROHIBITED_CONTENT": FILTERED,
    "SPII": FILTERED,
    "IMAGE_SAFETY": FILTERED,
    "IMAGE_PROHIBITED_CONTENT": FILTERED,
    "IMAGE_RECITATION": FILTERED,
    "ESCALATION": FILTERED,
    "MODEL_ARMOR": FILTERED,
}


def new_call_id() -> str:
    """An id for a call that came without one."""
    return f"call_{secrets.token_hex(12)}"


class GeminiReader:
    """Reads one stream; `usage` is held back, for it stands on the last delta alone.

    The dialect has no reason of its own for tool calls: an answer with a call that stops, stops
    for it.
    """

    def __init__(self, call_id: Callable[[], str] = new_call_id) -> None:
        self.model: str | None = None
        self.usage: Usage | None = None
        self._call_id = call_id
        self._ended: set[int] = set()
        self._calls: dict[int, int] = {}

    @property
    def whole(self) -> bool:
        """Whether the stream came to an end of its own."""
        return bool(self._ended)

    def deltas(self, piece: Any) -> Iterator[ChatDelta]:
        """The deltas of one piece; raises EndedBadly for an error or a prompt that was blocked."""
        row = row_of(piece)
        if "error" in row:
            raise EndedBadly(text_of(row_of(row["error"]).get("status")))
        self.model = text_of(row.get("modelVersion")) or self.model
        if "usageMetadata" in row:
            self.usage = usage_of(row_of(row["usageMetadata"]))
        if row_of(row.get("promptFeedback")).get("blockReason"):
            raise EndedBadly(FILTERED)
        for candidate in rows_of(row.get("candidates")):
            yield from self._candidate(row_of(candidate))

    def _candidate(self, row: Mapping[str, Any]) -> Iterator[ChatDelta]:
        index = count_of(row.get("index"))
        for part in rows_of(row_of(row.get("content")).get("parts")):
            delta = self._part(index, row_of(part))
            if delta is not None:
                yield delta
        logprobs = _logprobs(row_of(row.get("logprobsResult")))
        reason = self._reason(index, text_of(row.get("finishReason")))
        if logprobs or reason:
            yield ChatDelta(index=index, logprobs=logprobs, finish_reason=reason)

    def _part(self, index: int, part: Mapping[str, Any]) -> ChatDelta | None:
        if "functionCall" in part:
            return self._call(index, row_of(part["functionCall"]))
        text = text_of(part.get("text"))
        if not text:
            return None
        return ChatDelta(index, reasoning=text) if part.get("thought") else ChatDelta(index, text)

    def _call(self, index: int, call: Mapping[str, Any]) -> ChatDelta:
        number = self._calls.get(index, 0)
        self._calls[index] = number + 1
        arguments = json.dumps(row_of(call.get("args")), ensure_ascii=False)
        call_id = text_of(call.get("id")) or self._call_id()
        whole = ToolCallDelta(number, call_id, text_of(call["name"]), arguments)
        return ChatDelta(index, tool_calls=(whole,))

    def _reason(self, index: int, said: str) -> FinishReason | None:
        if not said or index in self._ended:
            return None
        if said not in REASONS:
            raise EndedBadly(said)
        self._ended.add(index)
        reason = REASONS[said]
        return "tool_calls" if reason == "stop" and self._calls.get(index) else reason


def _logprobs(row: Mapping[str, Any]) -> tuple[TokenLogprob, ...]:
    chosen = [row_of(one) for one in rows_of(row.get("chosenCandidates"))]
    tops = [row_of(one) for one in rows_of(row.get("topCandidates"))]
    return tuple(
        TokenLogprob(
            text_of(one.get("token")),
            float(one.get("logProbability", 0.0)),
            tuple(_top(tops[number])) if number < len(tops) else (),
        )
        for number, one in enumerate(chosen)
    )


def _top(row: Mapping[str, Any]) -> Iterator[TokenLogprob]:
    for one in rows_of(row.get("candidates")):
        yield TokenLogprob(text_of(one.get("token")), float(one.get("logProbability", 0.0)))


def usage_of(row: Mapping[str, Any]) -> Usage:
    """What an answer used: thoughts are paid for like the rest, and counted apart as well."""
    return Usage(
        prompt_tokens=count_of(row.get("promptTokenCount")),
        completion_tokens=count_of(row.get("candidatesTokenCount"))
        + count_of(row.get("thoughtsTokenCount")),
        cached_tokens=count_of(row.get("cachedContentTokenCount")),
        reasoning_tokens=count_of(row.get("thoughtsTokenCount")),
    )
