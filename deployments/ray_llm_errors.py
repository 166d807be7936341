"""Our errors for those of Ray Serve LLM's server: what it tells, and what it raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from models.errors import DeadlineExceeded, InvalidRequest, ModelUnavailable, Overloaded
from models.local.vllm_refusals import refusal

_OURS_TO_MEND = 500
_NOT_VALID = (400, 422)
# By name: this file imports neither vLLM nor Ray. Theirs come raw from before the stream, from the
# engine here or from the handle of the copies that read prompts; a RayTaskError has its cause's
# class among its own.
_STOPPED = frozenset({
    "VLLMServerError", "EngineDeadError", "EngineGenerateError",
    "RayActorError", "DeploymentUnavailableError", "ReplicaUnavailableError",
})  # fmt: skip
_FULL = "BackPressureError"
_RETRY_AFTER_S = 1.0


def raise_told(error: Any, model: str) -> NoReturn:
    """Our error for the server's; its text is only read, for it may hold content."""
    if error.code in _NOT_VALID:
        raise refusal(model, error.message or "", error.param)
    if error.code is not None and error.code < _OURS_TO_MEND:
        raise InvalidRequest(f"'{model}' can't take this request: the server says {error.code}.")
    raise _stopped(model)


@contextmanager
def server_errors(model: str) -> Iterator[None]:
    """Raise ours for whatever the block raises and is known; their texts may hold content."""
    try:
        yield
    except TimeoutError as error:
        raise DeadlineExceeded(
            f"'{model}' did not finish in time; ask for fewer tokens or allow more time."
        ) from error
    except (ValueError, TypeError) as error:
        raise refusal(model, str(error)) from None
    except Exception as error:
        names = {cls.__name__ for cls in type(error).__mro__}
        if _FULL in names:
            raise Overloaded(
                f"'{model}' is full; try again shortly.", retry_after=_RETRY_AFTER_S
            ) from None
        if names.isdisjoint(_STOPPED):
            raise
        raise _stopped(model) from None


def _stopped(model: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"'{model}' stopped working; it is being restarted. Try again shortly.",
        retry_after=_RETRY_AFTER_S,
    )
