"""Limits as providers write them, and what is made of them."""

from __future__ import annotations

import pytest

from models.resilience_breaker import Breaker, BreakerRules
from models.resilience_limits import LearntLimits, Reading, readings, retry_after

TODAY = 1_795_824_000.0  # 28 November 2026, 00:00 UTC
OPENAI = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-tokens": "6m0.5s",
}
ANTHROPIC = {
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-requests-reset": "2026-11-28T00:00:30Z",
    "anthropic-ratelimit-input-tokens-limit": "1000",
    "anthropic-ratelimit-input-tokens-remaining": "900",
    "anthropic-ratelimit-input-tokens-reset": "2026-11-28T00:00:06+00:00",
}


def test_both_ways_of_writing() -> None:
    assert readings(OPENAI, TODAY) == {
        "requests": Reading(60, 59, 1.0),
        "tokens": Reading(150_000, 149_984, 360.5),
    }
    assert readings(ANTHROPIC, TODAY) == {
        "requests": Reading(50, 0, 30.0),
        "input-tokens": Reading(1000, 900, 6.0),
    }


@pytest.mark.parametrize("value", ["", "soon", "-1", "nan", "inf", "1e99", "5 parsecs"])
def test_nonsense_is_no_limit(value: str) -> None:
    assert readings({**OPENAI, "x-ratelimit-limit-requests": value}, TODAY).keys() == {"tokens"}
    odd = readings({**OPENAI, "x-ratelimit-reset-tokens": value}, TODAY)
    assert odd.keys() == {"requests"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"retry-after": "7"}, 7.0), ({"retry-after": "Sat, 28 Nov 2026 00:00:09 GMT"}, 9.0),
     ({"retry-after": "Sat, 28 Nov 2020 00:00:09 GMT"}, 0.0), ({"retry-after-ms": "250"}, 0.25),
     ({"retry-after": "999999"}, 3600.0), ({"retry-after": "later"}, None), ({}, None)],
)  # fmt: skip
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, TODAY) == seconds


def test_an_empty_window_holds_back_until_there_is_room() -> None:
    limits = LearntLimits()
    assert limits.wait(10, 0.0) == 0.0
    limits.read(200, ANTHROPIC, 100.0, TODAY)
    assert limits.wait(10, 100.0) == pytest.approx(0.6)
    assert limits.wait(10, 100.6) == pytest.approx(0.0)
    limits.take(10, 101.0)
    assert limits.wait(10, 101.0) > 0.0


def test_an_order_to_wait_is_kept_whatever_the_windows_say() -> None:
    limits = LearntLimits()
    limits.read(429, {**OPENAI, "retry-after": "12"}, 100.0, TODAY)
    assert limits.wait(1, 100.0) == 12.0
    assert limits.wait(1, 112.0) == 0.0
    limits.read(200, {"retry-after": "12"}, 200.0, TODAY)
    assert limits.wait(1, 200.0) == 0.0


def test_what_is_larger_than_a_window_waits_for_a_whole_one() -> None:
    limits = LearntLimits()
    limits.read(200, {name: text for name, text in OPENAI.items() if "tokens" in name}, 0.0, TODAY)
    assert 0 < limits.wait(10**9, 0.0) < 400.0
    assert limits.wait(10**9, 400.0) == 0.0


def test_one_failed_probe_opens_a_breaker_again_for_twice_as_long() -> None:
    """Also where a single fault that can't be mended had opened it, far from too many in a row."""
    breaker = Breaker(BreakerRules(failures=5, open_s=5.0))
    assert breaker.take(0.0)
    breaker.failed(0.0, "its key is refused", final=True)
    assert (breaker.phase, breaker.blocked(0.0)) == ("open", 5.0)
    assert breaker.take(5.0) and breaker.phase == "half_open"
    breaker.failed(5.0, "it is down")
    assert (breaker.phase, breaker.blocked(5.0)) == ("open", 10.0)
