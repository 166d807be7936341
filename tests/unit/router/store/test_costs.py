"""Costs in the database: each row once, and sums that add up to a nano-dollar."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from models.messages import Usage
from router.costs import CallCost, CostQuery
from router.store.sql_costs import SqlCostStore

DAY = 86_400.0
NOON = 1_795_824_000.0 + DAY / 2  # 28 November 2026
ALL = CostQuery("2026-11-01", "2026-11-30")


def cost(id: str, **more: object) -> CallCost:
    base = CallCost(id, NOON, "acme", "k1", "claude", "anthropic", 5, usage=Usage(3, 4))
    return replace(base, **more)  # type: ignore[arg-type]


@pytest.fixture
def store(engine: Engine) -> SqlCostStore:
    return SqlCostStore(engine)


def test_a_row_that_comes_twice_counts_once(store: SqlCostStore) -> None:
    store.add([cost("a"), cost("b", nano=2**60)])
    store.add([cost("b", nano=7), cost("c")])
    store.add([])
    (one,) = store.sums(ALL)
    assert (one.group, one.calls, one.nano) == ({"model": "claude"}, 3, 2**60 + 10)
    assert (one.prompt_tokens, one.completion_tokens) == (9, 12)


def test_groups_and_order(store: SqlCostStore) -> None:
    store.add([
        cost("a"), cost("b", model="mistral", nano=0), cost("c", at=NOON - DAY, nano=9),
        cost("d", pipeline="pipeline/support", nano=100, ended="cancelled", measured=False),
        cost("e", tenant="other", nano=50, priced=False), cost("f", at=NOON - 90 * DAY, nano=999),
    ])  # fmt: skip
    by_model = store.sums(ALL)
    assert [(s.group["model"], s.nano) for s in by_model] == [("claude", 164), ("mistral", 0)]
    assert (by_model[0].cancelled, by_model[0].estimated_nano) == (1, 150)
    days = store.sums(replace(ALL, by=("day", "tenant")))
    assert [(s.group["day"], s.group["tenant"], s.nano) for s in days] == [
        ("2026-11-27", "acme", 9), ("2026-11-28", "acme", 105), ("2026-11-28", "other", 50),
    ]  # fmt: skip
    mine = store.sums(replace(ALL, by=("pipeline",), tenant="acme"))
    assert [(s.group["pipeline"], s.nano) for s in mine] == [("pipeline/support", 100), ("", 14)]
