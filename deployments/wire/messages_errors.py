"""Errors as Anthropic's clients expect them: a type, a message, the request's id."""

from __future__ import annotations

import json
from collections.abc import Mapping

from models.errors import Overloaded, PodiumError

PATH = "/v1/messages"
OVERLOADED = 529
_TYPES: Mapping[int, str] = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    OVERLOADED: "overloaded_error",
}
# Fields that have another name in this dialect.
_FIELDS: Mapping[str, str] = {
    "stop": "stop_sequences",
    "response_format": "output_config.format",
}


def speaks_messages(path: str) -> bool:
    """Whether what asks on this path reads Anthropic's dialect."""
    return path == PATH or path.startswith(f"{PATH}/")


def messages_status(error: PodiumError) -> int:
    """The status in this dialect, which has one of its own for being full."""
    return OVERLOADED if isinstance(error, Overloaded) else error.status


def messages_error_object(error: PodiumError, request_id: str) -> dict[str, object]:
    """The body of an error; our code stands where the SDK looks for one."""
    status = messages_status(error)
    otherwise = "invalid_request_error" if status < 500 else "api_error"
    found: dict[str, object] = {"type": _TYPES.get(status, otherwise), "message": _message(error)}
    if error.code is not None:
        found["details"] = {"error_code": error.code}
    return {"type": "error", "error": found, "request_id": request_id}


def messages_error_event(error: PodiumError, request_id: str) -> bytes:
    """The last event of a stream that failed after its first byte."""
    body = json.dumps(messages_error_object(error, request_id)).encode()
    return b"event: error\ndata: " + body + b"\n\n"


def _message(error: PodiumError) -> str:
    name = _FIELDS.get(error.param or "")
    if name is None:
        return error.message
    return error.message.replace(f"'{error.param}'", f"'{name}'")
