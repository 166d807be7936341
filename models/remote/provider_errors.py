"""What a provider's refusal means to us: its status and code become an error of our tree.

The provider's own words are dropped: they may repeat what was sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.catalog import ModelCard
from models.errors import (
    BodyTooLarge,
    ContextLengthExceeded,
    DeadlineExceeded,
    InvalidRequest,
    ModelUnavailable,
    Overloaded,
    PodiumError,
    UnsafeContent,
)

RETRY_AFTER_S = 1.0
_LONGEST_WAIT_S = 3600.0
_TOO_LONG = ("context_length_exceeded", "string_above_max_length")
_FILTERED = ("content_filter", "content_policy_violation", "moderation_blocked")
_NO_MONEY = (
    "insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error",
)  # fmt: skip
_FULL = ("rate_limit_exceeded", "rate_limit_error", "overloaded_error", "RESOURCE_EXHAUSTED")
# What an error inside a stream would have had as its status at the start.
_STATUS_OF = {
    "invalid_request_error": 400, "INVALID_ARGUMENT": 400, "FAILED_PRECONDITION": 400,
    "authentication_error": 401, "UNAUTHENTICATED": 401,
    "permission_error": 403, "PERMISSION_DENIED": 403,
    "not_found_error": 404, "NOT_FOUND": 404,
    "request_too_large": 413,
    "timeout_error": 504, "DEADLINE_EXCEEDED": 504,
}  # fmt: skip
# Servers that have no code for it say it in words; they are looked for and not passed on.
_TOO_LONG_WORDS = (
    "prompt is too long", "maximum context length", "exceeds the maximum number of tokens",
    "longer than the maximum model length",
)  # fmt: skip


class NeverSent(ModelUnavailable):
    """No connection came about: not one byte of the request left."""


class Answered(Exception):
    """The cause of an error that a provider answered with, so that the request did leave."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class EndedBadly(Exception):
    """The provider ended its answer for a reason that leaves none; `code` says which."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a provider answered: `status` None is an error inside a stream."""

    status: int | None = None
    code: str | None = None
    param: str | None = None
    retry_after: float | None = None


def provider_error(card: ModelCard, refusal: Refusal) -> PodiumError:
    """The error of our tree for a refusal."""
    by_code = _by_code(card, refusal)
    if by_code is not None:
        return by_code
    status = refusal.status or _STATUS_OF.get(refusal.code or "", 0)
    if status in (401, 403):
        return unavailable(card, f"refused its key ({status})", _mend_key(card))
    if status in (404, 410):
        return unavailable(
            card, f"does not know the model ({status})", "Mend vendor_model or base_url of its row."
        )
    if status == 429:
        return Overloaded(
            f"'{card.id}': {card.site} takes no more requests now; try again shortly.",
            retry_after=refusal.retry_after or RETRY_AFTER_S,
        )
    if 300 <= status < 400:
        return unavailable(
            card, f"answered with a redirect ({status})", "None is followed; mend its base_url."
        )
    return _by_status(card, status, refusal)


def _by_code(card: ModelCard, refusal: Refusal) -> PodiumError | None:
    if refusal.code in _TOO_LONG:
        return ContextLengthExceeded(
            f"The prompt is too long for '{card.id}'; send less, or ask for fewer tokens.",
            param="messages",
        )
    if refusal.code in _FILTERED:
        return UnsafeContent(
            f"{card.site} refused the content by its own rules; change it, or use another model.",
            param="messages",
        )
    if refusal.code in _NO_MONEY or refusal.status == 402:
        return unavailable(card, "says that the account has no credit", "Mend the account.")
    if refusal.code in _FULL:
        wait = refusal.retry_after or RETRY_AFTER_S
        return Overloaded(f"'{card.id}': {card.site} is full; try again.", retry_after=wait)
    return None


def _by_status(card: ModelCard, status: int, refusal: Refusal) -> PodiumError:
    if status == 413:
        return BodyTooLarge(f"The request is too large for {card.site}; send less.")
    if status in (408, 504):
        return DeadlineExceeded(f"'{card.id}': {card.site} was not done in time; ask for less.")
    if 400 <= status < 500 and status != 409:
        return InvalidRequest(
            f"{card.site} refused the request for '{card.id}' ({status});"
            f" {'leave the field out or mend it' if refusal.param else 'mend it'}.",
            param=refusal.param,
        )
    what = f"failed ({status})" if status else "failed while it answered"
    return unavailable(card, what, "Try again shortly.", refusal.retry_after or RETRY_AFTER_S)


def unavailable(
    card: ModelCard, what: str, to_do: str, retry_after: float | None = None
) -> ModelUnavailable:
    """The error of a provider that gave no answer one can use."""
    return ModelUnavailable(f"'{card.id}': {card.site} {what}. {to_do}", retry_after=retry_after)


def seconds_of(header: str | None) -> float | None:
    """A `retry-after` header given in seconds (RFC 9110, 10.2.3); a date or nonsense is None."""
    try:
        found = float(header or "")
    except ValueError:
        return None
    return min(found, _LONGEST_WAIT_S) if found > 0 else None


def too_long(message: object) -> bool:
    """Whether a provider's words say that the prompt does not fit the window."""
    return isinstance(message, str) and any(words in message for words in _TOO_LONG_WORDS)


def _mend_key(card: ModelCard) -> str:
    if card.key_env is None:
        return "Name the variable with its key as key_env of the catalog row."
    return f"Put a valid key into {card.key_env} and start Podium again."
