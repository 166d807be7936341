"""The errors of a call to another deployment that came to nothing."""

from __future__ import annotations

from models.errors import DeadlineExceeded, ModelUnavailable, ReplicaLost

RETRY_AFTER_S = 1.0


def too_late(name: str) -> DeadlineExceeded:
    """The error of a call that did not end in its time."""
    return DeadlineExceeded(f"'{name}' did not answer in time; allow more time or ask for less.")


def lost(name: str) -> ReplicaLost:
    """The error of a call whose replica ended before it answered."""
    return ReplicaLost(
        f"'{name}' ended before it answered and is being restarted. Try again shortly.",
        retry_after=RETRY_AFTER_S,
    )


def unavailable(name: str) -> ModelUnavailable:
    """The error of a deployment that cannot be reached."""
    return ModelUnavailable(
        f"'{name}' is not answering now; it is starting or being restarted. Try again shortly.",
        retry_after=RETRY_AFTER_S,
    )
