"""What calls take from rates and budgets: taken before a call, settled after it.

A key without a budget costs no message to anyone; a rate is counted in this process. Budgets are
a message before and one after the calls of a second, or of one when they run low.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from deployments.budget_desk import ANSWER_S, BudgetDesk, Held
from deployments.outbox import Outbox
from deployments.remote import Remote
from models.catalog import ModelCard
from models.errors import DeadlineExceeded, ReplicaLost
from models.messages import Usage
from router.budget import NOTHING, Amount, Budget, lines_of
from router.budget_estimate import amount_used
from router.costs import CallCost, Ended
from router.keys import Principal
from router.rate_book import RateBook, Taken

# A reservation outlives the longest request by this much: time for a late settlement.
MARGIN_S = 60.0
MOST_WAITING = 100_000
# The model may have worked, and a provider may send a bill, although no answer came.
UNKNOWN_USE = (DeadlineExceeded, ReplicaLost)


class Accounting:
    """The rates and budgets of one gateway replica; `request_seconds` bounds every request."""

    def __init__(self, state: Remote, rates: RateBook, request_seconds: float) -> None:
        self.rates = rates
        self.costs = Outbox[CallCost](state, "record_costs", MOST_WAITING)
        self.desk = BudgetDesk(state, request_seconds + MARGIN_S)

    async def ready(self, who: Principal, model: str) -> None:
        """Have room in the budgets for a direct call of a model that was called before.

        Raises what State raises when it can't be asked.
        """
        await self.desk.ready((who.tenant, _holders(who, DIRECT)), model)

    async def reserve(
        self, who: Principal, most: Amount, purpose: Purpose, model: str = ""
    ) -> Held | None:
        """Take `most` from the budgets; None when no budget counts it.

        Raises BudgetExceeded, and what State raises when it can't be asked: then nobody who has a
        budget is served.
        """
        holders = _holders(who, purpose)
        lines = lines_of(who.tenant, holders, most)
        return await self.desk.take((who.tenant, holders), lines, most, model) if lines else None

    def record(
        self,
        who: Principal,
        card: ModelCard,
        used: Amount,
        usage: Usage | None,
        ended: Ended = "done",
        pipeline: str = "",
    ) -> None:
        """A row of what one call came to; without a `usage` it is what it cost at most."""
        self.costs.add(
            CallCost(
                id=f"cost_{uuid.uuid4().hex}",
                at=time.time(),
                tenant=who.tenant,
                key_id=who.key_id,
                model=card.id,
                site=card.site,
                nano=used.nano_usd,
                ended=ended,
                pipeline=pipeline,
                usage=usage or Usage(prompt_tokens=used.tokens),
                measured=usage is not None,
                priced=card.tariff.known,
            )
        )

    async def close(self, seconds: float) -> None:
        """Tell State what it does not know yet, as far as it answers within so many seconds."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.desk.close(seconds))
            group.create_task(self.costs.close(seconds))


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a call is made for: `pipeline/NAME` and the budgets of it, nothing when direct."""

    pipeline: str = ""
    budgets: tuple[Budget, ...] = ()


DIRECT = Purpose()


def _holders(who: Principal, purpose: Purpose) -> tuple[tuple[str, tuple[Budget, ...]], ...]:
    """Whose budgets count a call."""
    return (
        (who.key_id, who.limits.budgets),
        ("", who.tenant_limits.budgets),
        (purpose.pipeline, purpose.budgets),
    )


class Charge:
    """One call's part of the limits of its key: `async with` takes it and settles it.

    A call that fails before it answered costs nothing; one that is broken off, runs out of time or
    loses its replica, and whose use nobody knows, costs the most it could.
    """

    def __init__(
        self,
        accounting: Accounting,
        who: Principal,
        card: ModelCard,
        most: Amount,
        purpose: Purpose = DIRECT,
    ) -> None:
        self._accounting = accounting
        self._purpose = purpose
        self._who = who
        self._card = card
        self._most = most
        self._usage: Usage | None = None
        self._delivered: Callable[[], Amount] | None = None
        self._taken = Taken()
        self._held: Held | None = None

    def used(self, usage: Usage) -> None:
        """What the call used, now that it is known."""
        self._usage = usage

    def answers(self, delivered: Callable[[], Amount]) -> None:
        """The answer has begun; `delivered` tells what it used at most, should it break off."""
        self._delivered = delivered

    async def __aenter__(self) -> Self:
        """Raises RateLimited or BudgetExceeded before anything is asked."""
        who = self._who
        self._taken = self._accounting.rates.take(who, self._most.tokens)
        try:
            self._held = await self._accounting.reserve(
                who, self._most, self._purpose, self._card.id
            )
        except BaseException:
            self._accounting.rates.settle(self._taken, 0)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Settle; waits for State only at the end of a call that went well and stood alone."""
        used = self._unknown(error) if self._usage is None else self._known(self._usage)
        self._record(used, error)
        self._accounting.rates.settle(self._taken, used.tokens)
        if self._held is None:
            return
        task = self._accounting.desk.settle(self._held, used)
        if error is None and task is not None and self._held.alone:
            await asyncio.wait({task}, timeout=ANSWER_S)

    def _known(self, usage: Usage) -> Amount:
        return amount_used(self._card, usage)

    def _record(self, used: Amount, error: BaseException | None) -> None:
        """A row of what it came to; a call that failed before it cost anything leaves none."""
        if error is not None and used == NOTHING:
            return
        ended: Ended = "done" if error is None else "cancelled"
        if isinstance(error, Exception):
            ended = "failed"
        self._accounting.record(
            self._who, self._card, used, self._usage, ended, self._purpose.pipeline
        )

    def _unknown(self, error: BaseException | None) -> Amount:
        if self._delivered is not None:
            return self._delivered().at_most(self._most)
        failed = isinstance(error, Exception) and not isinstance(error, UNKNOWN_USE)
        return NOTHING if failed else self._most
