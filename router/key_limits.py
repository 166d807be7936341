"""The limits of a key, and of a tenant as a whole: rates for a minute, budgets for longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.errors import InvalidRequest
from router.budget import Budget, Unit, Window, token_budget, usd_budget

MOST_A_MINUTE = 10**9


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """`rpm` requests and `tpm` tokens a minute, None for no limit; at most one budget a window."""

    rpm: int | None = None
    tpm: int | None = None
    budgets: tuple[Budget, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What is stored."""
        budgets = [[one.unit.value, one.window.value, one.limit] for one in self.budgets]
        return {"rpm": self.rpm, "tpm": self.tpm, "budgets": budgets}


UNLIMITED = KeyLimits()


def limits_from_json(stored: Mapping[str, Any] | None) -> KeyLimits:
    """The limits that `to_json` wrote; None for none."""
    if not stored:
        return UNLIMITED
    budgets = (
        Budget(Unit(unit), Window(window), limit) for unit, window, limit in stored["budgets"]
    )
    return KeyLimits(stored["rpm"], stored["tpm"], tuple(budgets))


def limits_of(
    *,
    rpm: int | None = None,
    tpm: int | None = None,
    budget_usd: Sequence[str] = (),
    tokens_per_day: int | None = None,
) -> KeyLimits:
    """Limits as a person states them; InvalidRequest names the field that is wrong."""
    for name, count in (("rpm", rpm), ("tpm", tpm)):
        if count is not None and not 1 <= count <= MOST_A_MINUTE:
            raise InvalidRequest(f"'{name}' is 1 to {MOST_A_MINUTE}.", param=name)
    budgets = [usd_budget(text) for text in budget_usd]
    if len({one.window for one in budgets}) < len(budgets):
        raise InvalidRequest("There are two budgets for one window.", param="budget_usd")
    if tokens_per_day is not None:
        budgets.append(token_budget(tokens_per_day))
    return KeyLimits(rpm, tpm, tuple(sorted(budgets)))
