"""Limits as people state them, and as they are stored."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import InvalidRequest
from models.tariff import NANO
from router.budget import Budget, Unit, Window
from router.key_limits import UNLIMITED, KeyLimits, limits_from_json, limits_of


def test_limits_come_back_as_they_were_stored() -> None:
    made = limits_of(rpm=6, tpm=9000, budget_usd=["5/day", "50/month"], tokens_per_day=7)
    assert made.budgets == (
        Budget(Unit.TOKENS, Window.DAY, 7),
        Budget(Unit.USD, Window.DAY, 5 * NANO),
        Budget(Unit.USD, Window.MONTH, 50 * NANO),
    )
    assert limits_from_json(made.to_json()) == made
    assert limits_of() == limits_from_json(None) == limits_from_json(KeyLimits().to_json())
    assert limits_of() == UNLIMITED


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rpm", 0),
        ("rpm", 10**10),
        ("tpm", -1),
        ("budget_usd", ["5/day", "6/day"]),
        ("budget_usd", ["5"]),
        ("tokens_per_day", -1),
    ],
)
def test_a_wrong_limit_is_named(field: str, value: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        limits_of(**{field: value})
    assert caught.value.param == field
