"""Forced tool choice as a JSON schema, and the call read back from the constrained text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from models.errors import InvalidRequest
from models.messages import ChatRequest, ToolCallDelta, ToolSpec

_ANY_OBJECT: Mapping[str, Any] = {"type": "object"}


def forced_tool(request: ChatRequest) -> ToolSpec | None:
    """The one tool the answer must call, or None when the model may choose."""
    if not request.tools or request.tool_choice in ("none", "auto"):
        return None
    if request.tool_choice == "required":
        return request.tools[0] if len(request.tools) == 1 else None
    for tool in request.tools:
        if tool.name == request.tool_choice:
            return tool
    raise InvalidRequest(
        f"tool_choice names '{request.tool_choice}', which is not in tools.", param="tool_choice"
    )


def schema_of(request: ChatRequest) -> Mapping[str, Any] | None:
    """The JSON schema the engine must hold to, None when the text is free.

    A forced tool comes before `json_schema`; with several tools required, the answer is
    `{"name": …, "arguments": …}` of one of them.
    """
    tool = forced_tool(request)
    if tool is not None:
        return tool.parameters or _ANY_OBJECT
    if is_required_among(request):
        return {"anyOf": [_call_schema(tool) for tool in request.tools]}
    return request.json_schema


def calls_at_once(
    request: ChatRequest, calls: tuple[ToolCallDelta, ...]
) -> tuple[ToolCallDelta, ...]:
    """The pieces of calls that go on: those of the first alone where no more are wanted at once."""
    if request.parallel_tool_calls:
        return calls
    return tuple(call for call in calls if call.index == 0)


def is_required_among(request: ChatRequest) -> bool:
    """Whether one of several tools must be called."""
    return request.tool_choice == "required" and len(request.tools) > 1


def read_call(text: str) -> tuple[str, str]:
    """Name and JSON arguments from the constrained text of a required call."""
    call = json.loads(text)
    return str(call["name"]), json.dumps(call["arguments"], ensure_ascii=False)


def _call_schema(tool: ToolSpec) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"const": tool.name}, "arguments": tool.parameters or _ANY_OBJECT},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }
