"""One line in the gateway's log at the end of every request: who, what and how long, no content."""

from __future__ import annotations

import logging
import time

from starlette.requests import Request
from starlette.types import Scope

from deployments.wire.client_watch import ClientWatch
from deployments.wire.sender import Sender

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def log_request(
    log: logging.Logger, request: Request, path: str, status: int, started: float,
    client: ClientWatch, sender: Sender,
) -> None:  # fmt: skip
    """Write the line; `path` is the route's pattern, `started` a reading of the monotonic clock."""
    state = request.state
    principal = getattr(state, "principal", None)
    ttft = None if sender.first_event is None else _ms(sender.first_event - started)
    log.info(
        "request",
        extra={
            "request_id": state.request_id,
            "method": request.method if request.method in _METHODS else "other",
            "path": path,
            "status": status,
            "duration_ms": _ms(time.monotonic() - started),
            "ttft_ms": ttft,
            "model": getattr(state, "model", None),
            "tenant": principal and principal.tenant,
            "key_id": principal and principal.key_id,
            "decision_id": getattr(state, "decision_id", None),
            "bytes_in": client.bytes,
            "bytes_out": sender.bytes,
        },
    )


def log_socket(log: logging.Logger, scope: Scope, path: str, seconds: float) -> None:
    """Write the line of a WebSocket that is over."""
    state = scope["state"]
    principal = state.get("principal")
    log.info(
        "socket",
        extra={
            "request_id": state["request_id"],
            "path": path,
            "duration_ms": _ms(seconds),
            "model": state.get("model"),
            "tenant": principal and principal.tenant,
            "key_id": principal and principal.key_id,
            "decision_id": state.get("decision_id"),
        },
    )


def _ms(seconds: float) -> float:
    return round(1000.0 * seconds, 3)
