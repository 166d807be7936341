"""Keys and limits as an administrator is shown them; never a secret, never a MAC."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from models.tariff import NANO
from router.budget import Budget, Unit
from router.key_limits import KeyLimits
from router.keys import KeyRecord
from router.store.records import Spending


def key_object(record: KeyRecord, spent: Iterable[Spending], now: float) -> dict[str, Any]:
    """One key: who, what it may do, its limits, and whether it still works."""
    mine = [one for one in spent if (one.tenant, one.key_id) == (record.tenant, record.id)]
    return {
        "tenant": record.tenant,
        "id": record.id,
        "name": record.name,
        "status": _status(record, now),
        "scopes": sorted(record.scopes),
        "min_class": record.floor.name,
        "models": None if record.models is None else sorted(record.models),
        "created": iso(record.created),
        "expires": iso(record.expires),
        "revoked": iso(record.revoked),
        "limits": limits_object(record.limits, mine),
    }


def limits_object(limits: KeyLimits, spent: Iterable[Spending]) -> dict[str, Any]:
    """Rates a minute, and budgets with what is spent of them; money in US dollars."""
    found = {(one.unit, one.window): one for one in spent}
    budgets = [_budget(one, found.get((one.unit, one.window))) for one in limits.budgets]
    return {"rpm": limits.rpm, "tpm": limits.tpm, "budgets": budgets}


def iso(seconds: float | None) -> str | None:
    """The time in ISO 8601, UTC, to the second."""
    if seconds is None:
        return None
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _budget(budget: Budget, spent: Spending | None) -> dict[str, Any]:
    return {
        "unit": budget.unit.value,
        "window": budget.window.value,
        "limit": _amount(budget.unit, budget.limit),
        "spent": _amount(budget.unit, spent.spent if spent else 0),
        "held": _amount(budget.unit, spent.held if spent else 0),
    }


def _amount(unit: Unit, amount: int) -> float | int:
    return amount / NANO if unit is Unit.USD else amount


def _status(record: KeyRecord, now: float) -> str:
    if record.alive(now):
        return "active"
    return "expired" if record.revoked is None else "revoked"
