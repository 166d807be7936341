"""How a command fails: one exit code and one error object for every kind of failure.

0 ok · 1 what was checked does not hold · 2 wrong usage or invalid file · 3 no Podium reachable ·
4 refused by policy · 5 not authorised · 6 timeout · 130 interrupted.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from models.errors import PodiumError, SetupError, Unavailable


class ExitCode(IntEnum):
    """What the shell sees."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    DENIED = 4
    UNAUTHORISED = 5
    TIMEOUT = 6
    INTERRUPTED = 130


class Unreachable(Unavailable):
    """No Podium answers where one was looked for."""

    code = "unreachable"


class AnsweredError(Exception):
    """An error the server answered with; `error` has the four keys of the OpenAI shape."""

    def __init__(
        self, status: int, error: dict[str, Any], retry_after: float | None = None
    ) -> None:
        super().__init__(str(error.get("message") or f"The server answered {status}."))
        self.status = status
        self.error = error
        self.retry_after = retry_after


_BY_CODE = {
    "policy_denied": ExitCode.DENIED,
    "unreachable": ExitCode.UNREACHABLE,
    "deadline_exceeded": ExitCode.TIMEOUT,
}
_BY_STATUS = {
    400: ExitCode.USAGE,
    401: ExitCode.UNAUTHORISED,
    403: ExitCode.UNAUTHORISED,
    404: ExitCode.USAGE,
    405: ExitCode.USAGE,
    408: ExitCode.TIMEOUT,
    409: ExitCode.USAGE,
    413: ExitCode.USAGE,
    422: ExitCode.USAGE,
    504: ExitCode.TIMEOUT,
}


def exit_code(error: Exception) -> ExitCode:
    """The exit code of a failure; what nothing foresaw is 1."""
    if isinstance(error, SetupError):
        return ExitCode.USAGE
    if isinstance(error, AnsweredError):
        return _code(error.status, error.error.get("code"))
    if isinstance(error, PodiumError):
        return _code(error.status, error.code)
    return ExitCode.FAILED


def error_object(error: Exception) -> dict[str, Any]:
    """The object under "error": message, type, param and code, all four always there."""
    if isinstance(error, AnsweredError):
        found = {"type": "api_error", "param": None, "code": None, **error.error}
        return {"message": str(error), **{k: found[k] for k in ("type", "param", "code")}}
    if isinstance(error, PodiumError):
        return _object(error.message, error.type, error.param, error.code)
    return _object(
        f"Podium met a fault of its own ({type(error).__name__}). Set PODIUM_DEBUG=1 and run the "
        "command again to see where.",
        "api_error",
        None,
        "internal_error",
    )


def usage_object(message: str, param: str | None = None) -> dict[str, Any]:
    """The error object of a command line that cannot be understood."""
    return _object(message, "invalid_request_error", param, "usage")


def _code(status: int, code: str | None) -> ExitCode:
    return _BY_CODE.get(code or "") or _BY_STATUS.get(status, ExitCode.FAILED)


def _object(message: str, type_: str, param: str | None, code: str | None) -> dict[str, Any]:
    return {"message": message, "type": type_, "param": param, "code": code}
