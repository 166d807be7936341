"""From the events of a Copilot session to our deltas; pure.

Events: https://github.com/github/copilot-sdk, `copilot.session_events`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from models.catalog import ModelCard
from models.messages import ChatDelta, FinishReason, Usage
from models.remote.provider_errors import Answered, EndedBadly, unavailable
from models.remote.typed import count_of, rows_of, text_of

# Any of them says that the runtime does more than answer.
_ACTS = frozenset({
    "external_tool.requested", "tool.user_requested", "tool.execution_start", "subagent.started",
    "skill.invoked", "hook.start", "assistant.server_tool_progress",
})  # fmt: skip
# The runtime's words for a failure, as those by which our errors are found.
_FAILURES = {
    "authentication": "authentication_error",
    "authorization": "permission_error",
    "quota": "insufficient_quota",
    "rate_limit": "rate_limit_error",
    "context_limit": "context_length_exceeded",
}
_STATUSES = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
}
_REASONS: dict[str, FinishReason] = {"length": "length", "content_filter": "content_filter"}


class EventReader:
    """Reads one session; `usage` is held back, for it stands on the last delta alone.

    `model` is the one that the runtime last said it ran. Whatever a tool, a hook or another agent
    has to do with ends the answer: none is allowed.
    """

    def __init__(self, card: ModelCard) -> None:
        self.model: str | None = None
        self.usage: Usage | None = None
        self.whole = False
        self._card = card
        self._streamed: dict[str, str] = {}
        self._reason: FinishReason = "stop"

    def deltas(self, event: Any) -> Iterator[ChatDelta]:
        """The deltas of one event; most have none."""
        kind, data = event.type.value, event.data
        if kind in _ACTS or event.agent_id:
            raise self._acted()
        if kind == "session.error":
            raise EndedBadly(_failure(data))
        if kind == "session.model_change":
            self.model = text_of(data.new_model) or self.model
        elif kind == "assistant.reasoning_delta":
            yield ChatDelta(reasoning=text_of(data.delta_content))
        elif kind == "assistant.message_delta":
            yield ChatDelta(text=self._grown(data))
        elif kind == "assistant.message":
            yield from self._message(data)
        elif kind == "assistant.usage":
            self._used(data)
        elif kind == "session.idle":
            yield self._end(data)

    def _grown(self, data: Any) -> str:
        name, text = text_of(data.message_id), text_of(data.delta_content)
        self._streamed[name] = self._streamed.get(name, "") + text
        return text

    def _message(self, data: Any) -> Iterator[ChatDelta]:
        """What of the whole message did not come in pieces before."""
        if rows_of(data.tool_requests) or data.server_tools is not None:
            raise self._acted()
        self.model = text_of(data.model) or self.model
        came, whole = self._streamed.get(text_of(data.message_id), ""), text_of(data.content)
        if not whole.startswith(came):
            raise ValueError("the message is not what was streamed")
        if len(whole) > len(came):
            yield ChatDelta(text=whole[len(came) :])

    def _used(self, data: Any) -> None:
        """One call of the model; the runtime may make several for one answer."""
        self.model = text_of(data.model) or self.model
        before = self.usage or Usage()
        self.usage = Usage(
            prompt_tokens=before.prompt_tokens + count_of(data.input_tokens),
            completion_tokens=before.completion_tokens + count_of(data.output_tokens),
            cached_tokens=before.cached_tokens + count_of(data.cache_read_tokens),
            reasoning_tokens=before.reasoning_tokens + count_of(data.reasoning_tokens),
        )
        filtered = data.content_filter_triggered is True
        said = "content_filter" if filtered else text_of(data.finish_reason)
        self._reason = _REASONS.get(said, "stop")

    def _end(self, data: Any) -> ChatDelta:
        if data.aborted or self.whole:
            raise EndedBadly("server_error")
        self.whole = True
        return ChatDelta(finish_reason=self._reason)

    def _acted(self) -> Exception:
        error = unavailable(
            self._card,
            "wanted to use a tool, and none is allowed",
            "Ask for text alone, or use another model.",
        )
        error.__cause__ = Answered(200)
        return error


def _failure(data: Any) -> str:
    known = _FAILURES.get(text_of(data.error_type))
    return known or _STATUSES.get(count_of(data.status_code), "server_error")
