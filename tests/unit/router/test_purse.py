"""A run's money: never more than there is, and told only to those who may know of it."""

from __future__ import annotations

import pytest

from models.errors import BudgetExceeded
from router.label import Integrity, Label, Level
from router.purse import Purse

LOW = Label(Level.INTERNAL, integrity=Integrity.USER)
HIGH = Label(Level.CONFIDENTIAL, integrity=Integrity.UNTRUSTED)


def test_what_is_held_counts_until_it_is_settled() -> None:
    purse = Purse(100)
    held = purse.take("one", LOW, 60, 0)
    with pytest.raises(BudgetExceeded) as caught:
        purse.take("two", LOW, 41, 0)
    assert caught.value.param == "budget.usd"
    held.nano = 10
    purse.take("two", LOW, 90, 0)


def test_a_step_that_ended_stands_on_the_board_alone() -> None:
    purse = Purse(100)
    purse.take("one", LOW, 60, 0)
    purse.end("one")
    with pytest.raises(BudgetExceeded):
        purse.take("two", LOW, 41, 60)
    purse.take("two", LOW, 40, 60)


def test_a_refusal_tells_nothing_of_what_stands_above() -> None:
    purse = Purse(100)
    purse.take("secret", HIGH, 100, 0)
    purse.take("open", LOW, 100, 0)
    with pytest.raises(BudgetExceeded):
        purse.take("above", HIGH, 1, 0)


def test_integrity_hides_no_money() -> None:
    purse = Purse(100)
    purse.take("web", Label(Level.INTERNAL, integrity=Integrity.UNTRUSTED), 100, 0)
    with pytest.raises(BudgetExceeded):
        purse.take("open", LOW, 1, 0)


def test_without_a_limit_any_amount_is_there() -> None:
    Purse(None).take("one", LOW, 10**30, 10**30)
