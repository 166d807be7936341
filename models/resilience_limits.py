"""A provider's rate limits as its answers tell them, kept before they are hit.

The headers are OpenAI's `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, whose resets are
spans as `1m30s`; Anthropic's `anthropic-ratelimit-…-{limit,remaining,reset}` for requests, tokens,
input-tokens and output-tokens, whose resets are RFC 3339 times; and `retry-after`, seconds or an
HTTP date (RFC 9110, section 10.2.3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

_LONGEST_S = 3600.0
_ANTHROPIC = "anthropic-ratelimit-"
_OPENAI = "x-ratelimit-"
_PARTS = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True, slots=True)
class Reading:
    """What one answer says of one limit; `reset_s` is seconds until it is whole again."""

    limit: float
    remaining: float
    reset_s: float


@dataclass(slots=True)
class LearntBucket:
    """A token bucket with the size and the speed that the provider tells; unlimited until it does.

    What is under way counts as used: an answer only tells what was left when the provider wrote it.
    """

    level: float = 0.0
    size: float | None = None
    speed: float = 0.0
    under_way: float = 0.0
    _at: float = 0.0

    def read(self, reading: Reading, now: float, own: float = 0.0) -> None:
        """Take over what an answer said, which counted its `own` call already."""
        missing = max(0.0, reading.limit - reading.remaining)
        self.size = reading.limit
        self.speed = missing / reading.reset_s if reading.reset_s > 0 else reading.limit
        others = max(0.0, self.under_way - own)
        self.level = min(reading.remaining - others, reading.limit)
        self._at = now

    def wait(self, amount: float, now: float) -> float:
        """Seconds until there is room for `amount`; 0 when there is, or when nothing is known.

        What is larger than the whole bucket waits for a full one.
        """
        if self.size is None:
            return 0.0
        wanted = min(amount, self.size)
        lacking = wanted - self._now(now)
        if lacking <= 0:
            return 0.0
        return min(lacking / self.speed, _LONGEST_S) if self.speed > 0 else _LONGEST_S

    def take(self, amount: float, now: float) -> None:
        """A call of this size leaves; `give_back` must follow when it is over."""
        self.level, self._at = self._now(now) - amount, now
        self.under_way += amount

    def give_back(self, amount: float) -> None:
        """It is over: the provider's next word counts it."""
        self.under_way = max(0.0, self.under_way - amount)

    def _now(self, now: float) -> float:
        if self.size is None:
            return 0.0
        return min(self.size, self.level + self.speed * max(0.0, now - self._at))


@dataclass(slots=True)
class LearntLimits:
    """Every limit of one model at one provider; `until` stands for an order to wait."""

    until: float = 0.0
    buckets: dict[str, LearntBucket] = field(default_factory=dict)

    def read(
        self, status: int, headers: Mapping[str, str], now: float, today: float, own: int = 0
    ) -> None:
        """Learn from the headers of an answer, with lower-case names; `today` is epoch seconds.

        `own` is the tokens of the call that was answered.
        """
        for name, reading in readings(headers, today).items():
            bucket = self.buckets.setdefault(name, LearntBucket())
            bucket.read(reading, now, _amount(name, own))
        if status in (429, 503, 529):
            told = retry_after(headers, today)
            if told is not None:
                self.until = max(self.until, now + told)

    def hold(self, seconds: float, now: float) -> None:
        """Wait at least that long, as a refusal without headers asks for."""
        self.until = max(self.until, now + min(seconds, _LONGEST_S))

    def wait(self, tokens: int, now: float) -> float:
        """Seconds until a call of so many tokens may leave; 0 for now."""
        waits = [one.wait(_amount(name, tokens), now) for name, one in self.buckets.items()]
        return max([self.until - now, 0.0, *waits])

    def take(self, tokens: int, now: float) -> None:
        """One call leaves."""
        for name, one in self.buckets.items():
            one.take(_amount(name, tokens), now)

    def give_back(self, tokens: int) -> None:
        """It is over."""
        for name, one in self.buckets.items():
            one.give_back(_amount(name, tokens))


def readings(headers: Mapping[str, str], today: float) -> dict[str, Reading]:
    """What headers say of each limit; a limit without all three numbers is left out."""
    found: dict[str, Reading] = {}
    for name in ("requests", "tokens", "input-tokens", "output-tokens"):
        told = [
            [headers.get(f"{_OPENAI}{part}-{name}") for part in ("limit", "remaining", "reset")],
            [headers.get(f"{_ANTHROPIC}{name}-{part}") for part in ("limit", "remaining", "reset")],
        ]
        for limit, remaining, reset in told:
            size, left, seconds = _number(limit), _number(remaining), _span(reset, today)
            if size is not None and left is not None and seconds is not None:
                found[name] = Reading(size, left, seconds)
    return found


def retry_after(headers: Mapping[str, str], today: float) -> float | None:
    """Seconds to wait as `retry-after` or `retry-after-ms` says; an hour at most."""
    fine = _number(headers.get("retry-after-ms"))
    if fine is not None:
        return min(fine / 1000, _LONGEST_S)
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is None and text:
        try:
            seconds = max(0.0, parsedate_to_datetime(text).timestamp() - today)
        except (ValueError, OverflowError):
            return None
    return None if seconds is None else min(seconds, _LONGEST_S)


def _amount(name: str, tokens: int) -> float:
    return 1.0 if name == "requests" else float(tokens)


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if 0 <= found < 1e15 else None


def _span(text: str | None, today: float) -> float | None:
    """Seconds until a reset: `6m0s`, plain seconds, or a time."""
    if not text:
        return None
    plain = _number(text)
    if plain is not None:
        return min(plain, _LONGEST_S)
    if _PARTS.sub("", text) == "":
        total = sum(float(number) * _SECONDS[unit] for number, unit in _PARTS.findall(text))
        return min(total, _LONGEST_S)
    try:
        at = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, at - today), _LONGEST_S)
