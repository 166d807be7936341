"""The costs of calls over SQLAlchemy Core: rows are added once and summed in the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, case, func, select
from sqlalchemy.dialects import postgresql, sqlite

from router.costs import CallCost, CostQuery, CostSum
from router.store.tables import call_costs


class SqlCostStore:
    """Thread-safe; every call is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, costs: Sequence[CallCost]) -> None:
        """Keep these rows; one that is there already is left as it is."""
        if not costs:
            return
        dialect: Any = postgresql if self._engine.dialect.name == "postgresql" else sqlite
        insert = dialect.insert(call_costs).on_conflict_do_nothing()
        with self._engine.begin() as connection:
            connection.execute(insert, [_row(one) for one in costs])

    def sums(self, query: CostQuery) -> Sequence[CostSum]:
        """The sums of each group, dearest first; by day the days in order."""
        groups = [call_costs.c[name] for name in query.by]
        # A row is estimated when the model told no usage, or when nobody named its price.
        certain = call_costs.c.measured & call_costs.c.priced
        money = func.sum(call_costs.c.nano)
        chosen = (
            select(
                *groups,
                func.count().label("calls"),
                func.sum(case((call_costs.c.ended == "cancelled", 1), else_=0)).label("cancelled"),
                func.sum(call_costs.c.prompt_tokens).label("prompt_tokens"),
                func.sum(call_costs.c.completion_tokens).label("completion_tokens"),
                money.label("nano"),
                func.sum(case((certain, 0), else_=call_costs.c.nano)).label("estimated_nano"),
            )
            .where(call_costs.c.day.between(query.first, query.last))
            .group_by(*groups)
        )
        if query.tenant is not None:
            chosen = chosen.where(call_costs.c.tenant == query.tenant)
        days = [call_costs.c.day] if "day" in query.by else []
        with self._engine.connect() as connection:
            rows = connection.execute(chosen.order_by(*days, money.desc(), *groups)).all()
        return [_sum(row._mapping, query.by) for row in rows]


def _row(cost: CallCost) -> dict[str, Any]:
    return {
        "id": cost.id,
        "at": cost.at,
        "day": cost.day,
        "tenant": cost.tenant,
        "key_id": cost.key_id,
        "model": cost.model,
        "site": cost.site,
        "pipeline": cost.pipeline,
        "ended": cost.ended,
        "prompt_tokens": cost.usage.prompt_tokens,
        "completion_tokens": cost.usage.completion_tokens,
        "cached_tokens": cost.usage.cached_tokens,
        "reasoning_tokens": cost.usage.reasoning_tokens,
        "engine_seconds": cost.usage.engine_seconds,
        "nano": cost.nano,
        "measured": cost.measured,
        "priced": cost.priced,
    }


def _sum(found: Mapping[Any, Any], by: Sequence[str]) -> CostSum:
    return CostSum(
        group={name: str(found[name]) for name in by},
        calls=int(found["calls"]),
        cancelled=int(found["cancelled"]),
        prompt_tokens=int(found["prompt_tokens"]),
        completion_tokens=int(found["completion_tokens"]),
        nano=int(found["nano"]),
        estimated_nano=int(found["estimated_nano"]),
    )
