"""The arguments of an earlier tool call, for dialects that carry them as an object."""

from __future__ import annotations

import json
from typing import Any

from models.errors import InvalidRequest
from models.messages import ToolCall


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """The object in a call's text; raises InvalidRequest when there is none."""
    try:
        found = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidRequest(
            "The arguments of an earlier tool call are no JSON object; mend them.",
            param="messages",
        )
    return found
