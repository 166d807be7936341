"""When a failed call may be made again: rarely, later and later, and never past its deadline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# `never_left`: no byte of the request went out. `refused`: the provider answered that it did
# nothing. `unknown`: it may have worked, and may charge for it.
Failure = Literal["never_left", "refused", "unknown"]


@dataclass(frozen=True, slots=True)
class RetryRules:
    """Tries after the first; seconds of the first wait, and of the longest one anybody waits."""

    again: int = 2
    first_s: float = 0.25
    longest_s: float = 4.0


def retry_wait(
    rules: RetryRules,
    failure: Failure,
    *,
    tried: int,
    remaining: float,
    told: float | None,
    chance: float,
    idempotent: bool,
) -> float | None:
    """Seconds to wait before the next try, None when there is none.

    `tried` counts the tries so far, `told` is the provider's Retry-After, `chance` a random number
    in [0, 1) that keeps many callers from coming back at once. What may have worked is never
    repeated, and of what is not idempotent only that which never left.
    """
    if tried > rules.again or failure == "unknown":
        return None
    if failure == "refused" and not idempotent:
        return None
    backoff = min(rules.longest_s, rules.first_s * 2.0 ** (tried - 1))
    wait = max(told or 0.0, backoff * (0.5 + chance / 2))
    if wait > rules.longest_s or wait >= remaining:
        return None
    return wait
