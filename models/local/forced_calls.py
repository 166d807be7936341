"""Answers that a grammar holds to a tool call, read piece by piece."""

from __future__ import annotations

import uuid

from models.local.tool_choice import forced_tool, is_required_among, read_call
from models.messages import ChatDelta, ChatRequest, FinishReason, ToolCallDelta


class ForcedCalls:
    """The calls of one request's choices; `applies` when each answer must be one."""

    def __init__(self, request: ChatRequest) -> None:
        self._forced = forced_tool(request)
        self._among = is_required_among(request)
        self._texts: dict[int, str] = {}
        self._begun: set[int] = set()

    @property
    def applies(self) -> bool:
        """Whether the text of this request's answers is that of a call."""
        return self._forced is not None or self._among

    def delta(self, index: int, text: str, ended: FinishReason | None) -> ChatDelta:
        """The piece of a call that `text` is; one of several tools is told when it is whole."""
        if self._among:
            return self._whole(index, text, ended)
        first = index not in self._begun
        self._begun.add(index)
        name = self._forced.name if first and self._forced else None
        call = ToolCallDelta(0, id=_call_id() if first else None, name=name, arguments=text)
        return ChatDelta(index=index, tool_calls=(call,))

    def _whole(self, index: int, text: str, ended: FinishReason | None) -> ChatDelta:
        text = self._texts.get(index, "") + text
        self._texts[index] = text
        if ended is None or ended == "length":
            return ChatDelta(index=index)
        name, arguments = read_call(text)
        call = ToolCallDelta(index=0, id=_call_id(), name=name, arguments=arguments)
        return ChatDelta(index=index, tool_calls=(call,))


def _call_id() -> str:
    return f"call_{uuid.uuid4().hex[:24]}"
