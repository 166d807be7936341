"""Errors as OpenAI's clients expect them: one object, four keys, a status and the right headers."""

from __future__ import annotations

import json
import logging
import math

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from deployments.wire.messages_errors import (
    messages_error_object,
    messages_status,
    speaks_messages,
)
from models.errors import (
    BudgetExceeded,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    PodiumError,
    PolicyDenied,
)

log = logging.getLogger("podium.gateway")


def error_object(error: PodiumError) -> dict[str, object]:
    """The body of an error response."""
    return {
        "error": {
            "message": error.message,
            "type": error.type,
            "param": error.param,
            "code": error.code,
        }
    }


def error_event(error: PodiumError) -> bytes:
    """The last event of a stream that failed after its first byte."""
    return b"data: " + json.dumps(error_object(error)).encode() + b"\n\n"


def error_response(error: PodiumError, request: Request) -> Response:
    """The response in the dialect of the request's path; says whether trying again can help."""
    headers = {}
    if error.retry_after is not None:
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, PolicyDenied | BudgetExceeded):
        headers["x-should-retry"] = "false"
    if speaks_messages(request.url.path):
        told = messages_error_object(error, str(request.state.request_id))
        return JSONResponse(told, status_code=messages_status(error), headers=headers)
    return JSONResponse(error_object(error), status_code=error.status, headers=headers)


def as_podium_error(error: Exception) -> PodiumError:
    """Any exception as one of ours."""
    if isinstance(error, PodiumError):
        return error
    if isinstance(error, HTTPException):
        return _http_error(error)
    return InternalError("Something failed inside Podium; the request id finds it in the log.")


async def on_error(request: Request, error: Exception) -> Response:
    """The exception handler of the whole application."""
    found = as_podium_error(error)
    if isinstance(found, InternalError):
        log_internal(request.state.request_id, error)
    response = error_response(found, request)
    if isinstance(error, HTTPException) and error.status_code == 405:
        response.headers.update(error.headers or {})
    return response


def log_internal(request_id: str, error: BaseException) -> None:
    """Say that something failed, by type and place alone: its text may hold content."""
    log.error(
        "internal error",
        extra={
            "request_id": request_id,
            "error_type": type(error).__name__,
            "where": _where(error),
        },
    )


def _http_error(error: HTTPException) -> PodiumError:
    if error.status_code == 404:
        return NotFound("There is no such path; GET /openapi.json lists those there are.")
    if error.status_code == 405:
        return MethodNotAllowed("This path does not take this method; the header Allow says which.")
    return InvalidRequest("The request can't be read; check its headers and its body.")


def _where(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
