"""Questions about costs."""

from __future__ import annotations

from datetime import date

import pytest

from models.errors import InvalidRequest
from router.costs import CallCost, CostQuery, cost_query

TODAY = date(2026, 11, 28)


def test_by_default_this_month_by_model() -> None:
    assert cost_query(TODAY, None, None, None) == CostQuery("2026-11-01", "2026-11-28", ("model",))
    asked = cost_query(TODAY, None, "2026-10-15", "day, model,day", "acme")
    assert asked == CostQuery("2026-10-01", "2026-10-15", ("day", "model"), "acme")


@pytest.mark.parametrize(
    ("first", "last", "by", "param"),
    [("soon", None, None, "from"), (None, "28.11.2026", None, "to"), (None, None, "key", "by"),
     ("2026-11-02", "2026-11-01", None, "from"), (None, None, "model;drop", "by")],
)  # fmt: skip
def test_a_wrong_question_names_its_field(
    first: str | None, last: str | None, by: str | None, param: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        cost_query(TODAY, first, last, by)
    assert caught.value.param == param


def test_a_day_is_one_of_utc() -> None:
    assert CallCost("a", 1_795_823_999.0, "t", "k", "m", "s", 1).day == "2026-11-27"
    assert CallCost("a", 1_795_824_000.0, "t", "k", "m", "s", 1).day == "2026-11-28"
