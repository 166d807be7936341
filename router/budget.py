"""Budgets: how much money or how many tokens a key or a tenant may use in a day or a month.

Money is whole billionths of a US dollar (nano-USD), so that sums are exact and a token of the
cheapest model is not nothing. Days and months are those of UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from models.errors import BudgetExceeded, InvalidRequest
from models.tariff import NANO

MOST_USD = 10**9
PIPELINE = "pipeline/"
MOST_TOKENS = 2**53


class Window(StrEnum):
    """How long a budget lasts before it is whole again."""

    DAY = "day"
    MONTH = "month"

    def start(self, now: float) -> float:
        """When the window that holds `now` began; seconds since the epoch."""
        return self._first(now).timestamp()

    def end(self, now: float) -> float:
        """When the next window begins."""
        longest = timedelta(days=1 if self is Window.DAY else 31)
        return self._first((self._first(now) + longest).timestamp()).timestamp()

    def _first(self, now: float) -> datetime:
        midnight = datetime.fromtimestamp(now, UTC).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        return midnight if self is Window.DAY else midnight.replace(day=1)


class Unit(StrEnum):
    """What a budget counts: nano-USD or tokens."""

    USD = "usd"
    TOKENS = "tokens"


@dataclass(frozen=True, slots=True)
class Amount:
    """What a call uses, or may use at most."""

    tokens: int = 0
    nano_usd: int = 0

    def of(self, unit: Unit) -> int:
        """The part that a budget of this unit counts."""
        return self.nano_usd if unit is Unit.USD else self.tokens

    def at_most(self, other: Amount) -> Amount:
        """The smaller of the two, part by part."""
        return Amount(min(self.tokens, other.tokens), min(self.nano_usd, other.nano_usd))

    def times(self, count: int) -> Amount:
        """So many of it."""
        return Amount(self.tokens * count, self.nano_usd * count)

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(self.tokens + other.tokens, self.nano_usd + other.nano_usd)

    def minus(self, other: Amount) -> Amount:
        """What is left without the other, nothing at least."""
        tokens, nano = self.tokens - other.tokens, self.nano_usd - other.nano_usd
        return Amount(max(tokens, 0), max(nano, 0))

    def holds(self, other: Amount) -> bool:
        """Whether the other fits into it, part by part."""
        return other.tokens <= self.tokens and other.nano_usd <= self.nano_usd


NOTHING = Amount()


@dataclass(frozen=True, slots=True, order=True)
class Budget:
    """`limit` nano-USD or tokens in each window."""

    unit: Unit
    window: Window
    limit: int

    @property
    def field(self) -> str:
        """The field of a key that sets it."""
        return "budget_usd" if self.unit is Unit.USD else f"tokens_per_{self.window}"

    def __str__(self) -> str:
        return f"{shown(self.unit, self.limit)} a {self.window}"


@dataclass(frozen=True, slots=True)
class Line:
    """`amount` to be taken from one budget; `key_id` is `pipeline/NAME` for a budget of a
    pipeline and empty for one of the whole tenant.
    """

    tenant: str
    key_id: str
    budget: Budget
    amount: int


AHEAD_SHARE = 10
"""What is taken ahead is a tenth, at most, of what a budget has left."""
_FEWEST = 16


@dataclass(frozen=True, slots=True)
class Claim:
    """What one call takes before it is made; forgotten when not settled within `seconds`.

    `ahead` calls of this size are taken at once, or a part of them, where every budget has much
    more than that left; where one has not, nothing is taken of a claim for `many_only`, and
    otherwise one call.
    """

    id: str
    lines: tuple[Line, ...]
    seconds: float
    ahead: int = 1
    many_only: bool = False

    def counts(self) -> Iterator[int]:
        """For how many calls it is tried ahead: all, then a quarter, not under 16."""
        count = self.ahead
        while count > 1 and (count == self.ahead or count >= _FEWEST):
            yield count
            count //= 4

    def many(self, count: int) -> tuple[Line, ...]:
        """The lines of so many of its calls together."""
        return tuple(replace(line, amount=line.amount * count) for line in self.lines)


def usd_budget(text: str) -> Budget:
    """The budget of `5/day` or `0.5/month`; InvalidRequest names the field `budget_usd`."""
    number, slash, window = text.strip().partition("/")
    try:
        amount = Decimal(number.strip())
        if not slash or not amount.is_finite() or not 0 <= amount <= MOST_USD:
            raise InvalidOperation
        return Budget(Unit.USD, Window(window.strip()), int(amount * NANO))
    except (InvalidOperation, ValueError):
        raise InvalidRequest(
            f"A budget is US dollars a day or a month, as 5/day or 0.5/month, {MOST_USD} at most.",
            param="budget_usd",
        ) from None


def token_budget(count: int) -> Budget:
    """The budget of `count` tokens a day; InvalidRequest names the field `tokens_per_day`."""
    if not 0 <= count <= MOST_TOKENS:
        raise InvalidRequest(f"'tokens_per_day' is 0 to {MOST_TOKENS}.", param="tokens_per_day")
    return Budget(Unit.TOKENS, Window.DAY, count)


def lines_of(
    tenant: str, holders: Iterable[tuple[str, Iterable[Budget]]], amount: Amount
) -> tuple[Line, ...]:
    """What a call takes from the budgets of its holders: key, pipeline, and the tenant as "".

    Always in the same order, so that two calls can't wait for each other; a budget that the call
    costs nothing of stays out.
    """
    wanted = [(holder, one) for holder, budgets in holders for one in budgets]
    return tuple(
        Line(tenant, holder, budget, amount.of(budget.unit))
        for holder, budget in sorted(wanted)
        if amount.of(budget.unit) > 0
    )


def exceeded(line: Line, left: int, now: float) -> BudgetExceeded:
    """The error of a line that does not fit; tells whose budget, what is left, and till when."""
    budget = line.budget
    whose = _whose(line)
    return BudgetExceeded(
        f"The budget of {whose}, {budget}, has {shown(budget.unit, max(left, 0))} left, and this"
        f" call may take up to {shown(budget.unit, line.amount)}. Ask for less (max_tokens bounds"
        f" an answer), or wait until the {budget.window} (UTC) is over.",
        param=budget.field,
        retry_after=budget.window.end(now) - now,
    )


def _whose(line: Line) -> str:
    if line.key_id.startswith(PIPELINE):
        return f"the pipeline '{line.key_id.removeprefix(PIPELINE)}'"
    return "this key" if line.key_id else f"the tenant '{line.tenant}'"


def shown(unit: Unit, amount: int) -> str:
    """The amount as people write it."""
    if unit is Unit.TOKENS:
        return f"{amount} tokens"
    return f"{(Decimal(amount) / NANO).normalize():f} USD"
