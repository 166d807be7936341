"""What calls of models came to: one row a settled call, and their sums; money in nano-dollars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from models.errors import InvalidRequest
from models.messages import Usage

Ended = Literal["done", "cancelled", "failed"]
DIMENSIONS = ("day", "model", "tenant", "pipeline")
_LONGEST_DAYS = 3660


@dataclass(frozen=True, slots=True)
class CallCost:
    """One call of one model, as it was settled; `at` is seconds since the epoch.

    `pipeline` is empty for a direct call. `measured` says that the model told its usage; otherwise
    tokens and money are the most it can have used. `priced` says that its price is known.
    """

    id: str
    at: float
    tenant: str
    key_id: str
    model: str
    site: str
    nano: int
    ended: Ended = "done"
    pipeline: str = ""
    usage: Usage = field(default_factory=Usage)
    measured: bool = True
    priced: bool = True

    @property
    def day(self) -> str:
        """The day of UTC, as 2026-11-28."""
        return datetime.fromtimestamp(self.at, UTC).date().isoformat()


@dataclass(frozen=True, slots=True)
class CostQuery:
    """Which rows to sum, first and last day included, and by what; `tenant` None is all."""

    first: str
    last: str
    by: tuple[str, ...] = ("model",)
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class CostSum:
    """The sum over one group; `group` gives the value of each dimension asked for.

    `estimated_nano` is the part of `nano` that rests on bounds or on a price nobody named.
    """

    group: Mapping[str, str]
    calls: int
    cancelled: int
    prompt_tokens: int
    completion_tokens: int
    nano: int
    estimated_nano: int


def cost_query(
    today: date, first: str | None, last: str | None, by: str | None, tenant: str | None = None
) -> CostQuery:
    """The question of these words, by default of this month by model; raises InvalidRequest."""
    names = tuple(dict.fromkeys(part.strip() for part in (by or "model").split(",")))
    wrong = [name for name in names if name not in DIMENSIONS]
    if wrong:
        raise InvalidRequest(
            f"'{wrong[0]}' is nothing to sum by; there are: {', '.join(DIMENSIONS)}.", param="by"
        )
    end = _day(last, "to", today)
    begin = _day(first, "from", min(end, today).replace(day=1))
    if not begin <= end <= begin + timedelta(days=_LONGEST_DAYS):
        raise InvalidRequest("`from` must lie before `to`, ten years at most.", param="from")
    return CostQuery(begin.isoformat(), end.isoformat(), names, tenant)


def _day(text: str | None, field: str, default: date) -> date:
    if text is None:
        return default
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidRequest(f"`{field}` is a day, as 2026-11-28.", param=field) from error
