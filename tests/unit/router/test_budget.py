"""Budgets: windows of UTC, what people may write, and what a call takes from which budget."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.errors import InvalidRequest
from router.budget import (
    NANO,
    Amount,
    Budget,
    Line,
    Unit,
    Window,
    exceeded,
    lines_of,
    token_budget,
    usd_budget,
)

USD = Budget(Unit.USD, Window.MONTH, 5 * NANO)
TOKENS = Budget(Unit.TOKENS, Window.DAY, 100)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("window", "now", "start", "end"),
    [
        (Window.DAY, "2026-03-01T00:00:00", "2026-03-01", "2026-03-02"),
        (Window.DAY, "2026-12-31T23:59:59", "2026-12-31", "2027-01-01"),
        (Window.MONTH, "2026-01-31T12:00:00", "2026-01-01", "2026-02-01"),
        (Window.MONTH, "2028-02-01T00:00:00", "2028-02-01", "2028-03-01"),
        (Window.MONTH, "2026-12-09T00:00:00", "2026-12-01", "2027-01-01"),
    ],
)
def test_windows_begin_and_end_at_midnight_utc(
    window: Window, now: str, start: str, end: str
) -> None:
    assert (window.start(at(now)), window.end(at(now))) == (at(start), at(end))


@pytest.mark.parametrize(
    ("text", "limit", "window"),
    [
        ("5/day", 5 * NANO, Window.DAY),
        (" 0.5 / month ", NANO // 2, Window.MONTH),
        ("0/day", 0, Window.DAY),
        ("1e-9/day", 1, Window.DAY),
    ],
)
def test_money_as_people_write_it(text: str, limit: int, window: Window) -> None:
    assert usd_budget(text) == Budget(Unit.USD, window, limit)


@pytest.mark.parametrize(
    "text", ["", "5", "5/", "/day", "5/week", "-1/day", "nan/day", "inf/day", "1e10/day", "a/day"]
)
def test_money_that_is_none_names_its_field(text: str) -> None:
    with pytest.raises(InvalidRequest, match="5/day") as caught:
        usd_budget(text)
    assert caught.value.param == "budget_usd"


def test_tokens_that_are_none_name_their_field() -> None:
    assert token_budget(7) == Budget(Unit.TOKENS, Window.DAY, 7)
    with pytest.raises(InvalidRequest) as caught:
        token_budget(-1)
    assert caught.value.param == "tokens_per_day"


def test_a_call_takes_from_every_budget_that_counts_it_in_one_order() -> None:
    both = lines_of("acme", [("k1", [USD, TOKENS]), ("", [TOKENS])], Amount(9, 70))
    assert both == (
        Line("acme", "", TOKENS, 9),
        Line("acme", "k1", TOKENS, 9),
        Line("acme", "k1", USD, 70),
    )
    assert both == lines_of("acme", [("k1", [TOKENS, USD]), ("", [TOKENS])], Amount(9, 70))


def test_what_costs_no_money_takes_nothing_from_a_budget_of_money() -> None:
    assert lines_of("acme", [("k1", [USD]), ("", [])], Amount(9, 70))
    assert lines_of("acme", [("k1", [USD]), ("", [])], Amount(9, 0)) == ()


def test_the_refusal_tells_whose_budget_what_is_left_and_till_when() -> None:
    now = at("2026-11-30T23:59:00")
    mine = exceeded(Line("acme", "k1", USD, NANO), 250_000_000, now)
    assert "this key" in mine.message and "5 USD a month" in mine.message
    assert "0.25 USD left" in mine.message and "1 USD" in mine.message
    assert (mine.param, mine.retry_after) == ("budget_usd", 60.0)
    ours = exceeded(Line("acme", "", TOKENS, 9), -3, now)
    assert "the tenant 'acme'" in ours.message and "0 tokens left" in ours.message
    assert ours.param == "tokens_per_day"
