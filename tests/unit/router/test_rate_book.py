"""The rates of keys and tenants, and how several gateways share them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from models.errors import RateLimited
from router.key_limits import KeyLimits
from router.keys import DEFAULT_SCOPES, Principal
from router.rate_book import REQUESTS, TOKENS, RateBook


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def who(
    key: str = "k1", rpm: int | None = None, tpm: int | None = None, **more: object
) -> Principal:
    made = Principal("acme", key, DEFAULT_SCOPES, limits=KeyLimits(rpm, tpm))
    return replace(made, **more)  # type: ignore[arg-type]


def test_requests_over_the_limit_wait_for_the_minute() -> None:
    clock = Clock()
    book = RateBook(clock=clock)
    key = who(rpm=2)
    book.admit(key)
    book.admit(key)
    with pytest.raises(RateLimited, match="2 requests a minute of this key") as caught:
        book.admit(key)
    assert (caught.value.param, caught.value.retry_after) == ("rpm", 61.0)
    clock.now += 61
    book.admit(key)


def test_a_refused_request_counts_for_nothing() -> None:
    book = RateBook(clock=Clock())
    tenant = KeyLimits(rpm=1)
    first, second = who("a", rpm=5, tenant_limits=tenant), who("b", rpm=5, tenant_limits=tenant)
    book.admit(first)
    for _ in range(9):
        with pytest.raises(RateLimited, match="the tenant 'acme'"):
            book.admit(second)
    standing = book.standing(replace(second, tenant_limits=KeyLimits()), REQUESTS)
    assert standing is not None and standing.remaining == 5


def test_keys_and_tenants_do_not_share_their_minutes() -> None:
    book = RateBook(clock=Clock())
    book.admit(who("a", rpm=1))
    book.admit(who("b", rpm=1))
    book.admit(replace(who("a", rpm=1), tenant="other"))
    with pytest.raises(RateLimited):
        book.admit(who("a", rpm=1))


def test_tokens_are_taken_before_and_corrected_after() -> None:
    book = RateBook(clock=Clock())
    key = who(tpm=100)
    taken = book.take(key, 80)
    with pytest.raises(RateLimited, match="this call may take 30") as caught:
        book.take(key, 30)
    assert caught.value.param == "tpm"
    book.settle(taken, 20)
    book.take(key, 30)
    standing = book.standing(key, TOKENS)
    assert standing is not None and (standing.limit, standing.remaining) == (100, 50)


def test_the_tightest_limit_is_told_and_none_without_one() -> None:
    book = RateBook(clock=Clock())
    key = who(rpm=10, tenant_limits=KeyLimits(rpm=3))
    book.admit(key)
    standing = book.standing(key, REQUESTS)
    assert standing is not None
    assert (standing.limit, standing.remaining, standing.reset) == (3, 2, 61.0)
    assert book.standing(key, TOKENS) is None
    assert book.standing(who(), REQUESTS) is None


@pytest.mark.parametrize(("limit", "gateways", "each"), [(10, 2, 5), (10, 3, 3), (1, 3, 1)])
def test_gateways_share_a_limit_out(limit: int, gateways: int, each: int) -> None:
    book = RateBook(gateways, clock=Clock())
    key = who(rpm=limit)
    for _ in range(each):
        book.admit(key)
    with pytest.raises(RateLimited):
        book.admit(key)
