"""Each token opens the gate once."""

from __future__ import annotations

import pytest

from models.errors import GateJustOpened, GateTokenSpent, Overloaded
from router.gate.spent import Spent


def spend(spent: Spent, nonce: str, at: float) -> None:
    spent.spend(nonce, issued=at, expires=at + 30.0, now=at)


def test_the_second_time_is_refused() -> None:
    spent = Spent(opened=0.0)
    spend(spent, "a", 1.0)
    spend(spent, "b", 1.0)
    with pytest.raises(GateTokenSpent):
        spend(spent, "a", 1.0)


def test_nothing_is_forgotten_while_it_is_good() -> None:
    spent = Spent(opened=0.0)
    spend(spent, "a", 1.0)
    with pytest.raises(GateTokenSpent):
        spent.spend("a", issued=1.0, expires=31.0, now=30.9)


def test_expired_tokens_leave_the_memory() -> None:
    spent = Spent(opened=0.0)
    for number in range(100):
        spend(spent, str(number), float(number))
    assert len(spent) == 30


def test_a_full_memory_closes_the_gate_and_forgets_nothing() -> None:
    spent = Spent(opened=0.0, most=2)
    spend(spent, "a", 1.0)
    spend(spent, "b", 2.0)
    with pytest.raises(Overloaded) as caught:
        spend(spent, "c", 3.0)
    assert caught.value.retry_after == 1.0
    with pytest.raises(GateTokenSpent):
        spend(spent, "a", 3.0)
    spend(spent, "c", 31.0)


def test_tokens_from_before_the_gate_opened_may_have_been_used() -> None:
    spent = Spent(opened=10.0)
    spend(spent, "a", 10.0)
    with pytest.raises(GateJustOpened):
        spend(spent, "b", 9.9)


def test_a_clock_set_back_closes_the_gate_for_one_request_and_no_longer() -> None:
    spent = Spent(opened=5000.0)
    spend(spent, "a", 5000.0)
    with pytest.raises(GateJustOpened) as caught:
        spent.spend("b", issued=999.9, expires=1029.9, now=1000.0)
    assert caught.value.retry_after == 1.0
    spend(spent, "b", 1000.1)
    with pytest.raises(GateTokenSpent):
        spend(spent, "b", 1000.1)
    with pytest.raises(GateTokenSpent):
        spent.spend("a", issued=5000.0, expires=5030.0, now=1000.2)


def test_a_clock_set_right_by_a_little_opens_nothing_anew() -> None:
    spent = Spent(opened=5000.0)
    spend(spent, "a", 5000.5)
    with pytest.raises(GateJustOpened):
        spent.spend("b", issued=4999.9, expires=5029.9, now=5000.0)
    with pytest.raises(GateJustOpened):
        spent.spend("b", issued=4999.9, expires=5029.9, now=5000.1)


def test_a_clock_set_ahead_costs_nothing_but_what_was_on_its_way() -> None:
    spent = Spent(opened=1000.0)
    spend(spent, "a", 1000.0)
    spend(spent, "b", 90_000.0)
    assert len(spent) == 1
