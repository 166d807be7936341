"""Turns what comes back over HTTP into data or a typed failure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from deployments.cli.failures import AnsweredError, Unreachable
from models.errors import DeadlineExceeded, InvalidRequest


@contextmanager
def transport_errors(base_url: str) -> Iterator[None]:
    """Raise Unreachable or DeadlineExceeded for whatever goes wrong below HTTP."""
    try:
        yield
    except httpx2.ConnectTimeout as error:
        raise _no_answer(base_url) from error
    except httpx2.TimeoutException as error:
        raise DeadlineExceeded(
            f"Podium at {base_url} did not answer in time. Try again with a longer --timeout."
        ) from error
    except (httpx2.ConnectError, httpx2.UnsupportedProtocol) as error:
        raise _no_answer(base_url) from error
    except httpx2.SSEError as error:
        raise AnsweredError(
            200, {"message": f"{base_url} answered something other than events. Is it Podium?"}
        ) from error
    except httpx2.TransportError as error:
        raise Unreachable(
            f"The connection to Podium at {base_url} broke off. See its log, then try again."
        ) from error
    except httpx2.InvalidURL as error:
        raise InvalidRequest(f"The server's URL is not valid: {error}", param="--url") from error


def _no_answer(base_url: str) -> Unreachable:
    return Unreachable(
        f"Nothing answers at {base_url}. Start Podium with `podium up`, or correct --url."
    )


def read_json(response: httpx2.Response) -> Any:
    """The JSON of a good answer whose body has been read; AnsweredError otherwise."""
    if not response.is_success:
        raise answered(response)
    if not response.content:
        return {}
    try:
        return response.json()
    except ValueError as error:
        raise AnsweredError(
            response.status_code,
            {"message": f"{response.url} answered something other than JSON. Is it Podium?"},
        ) from error


def answered(response: httpx2.Response) -> AnsweredError:
    """The failure an error answer stands for, whatever its body looks like."""
    return AnsweredError(
        response.status_code,
        _error_in(response.content, response.status_code),
        _seconds(response.headers.get("retry-after")),
    )


def _error_in(body: bytes, status: int) -> dict[str, Any]:
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        error = None
    if isinstance(error, dict):
        run = json.loads(body).get("run_id")
        return error if run is None else error | {"message": f"{error.get('message')} (run {run})"}
    return {"message": f"The server answered {status} without saying why. See `podium status`."}


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value is not None else None
    except ValueError:
        return None
