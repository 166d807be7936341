"""Where a gateway's calls take from budgets: one message to State for many of them.

A claim is taken ahead for a moment's calls where every budget has much more left, and for one call
where not, so that the last of a budget is given out call by call. A holder that has called lately
is claimed for before its next request is read, for as many calls as then came in a moment. After
that moment what no call holds is given back, also beside calls that go on for long. A gateway that
is killed leaves its claims to expire: what the calls of that moment used is not counted then.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Coroutine, Hashable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from deployments.budget_habits import Habits
from deployments.remote import Remote
from models.deadline import Deadline
from models.errors import BudgetExceeded, PodiumError
from router.budget import NOTHING, Amount, Claim, Line
from router.budget_lease import Lease

log = logging.getLogger("podium.gateway")

ANSWER_S = 5.0
LEASE_S = 1.0
_AGAIN_S = 1.0


@dataclass(frozen=True, slots=True)
class Held:
    """What one call took, and of which lease; `alone` when it shares that with no other call."""

    lease: Lease
    most: Amount
    alone: bool


@dataclass(slots=True)
class _Holder:
    """The lease of one holder of budgets; `call_by_call` while its budgets are nearly spent."""

    lease: Lease | None = None
    call_by_call: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def has_room(self, most: Amount) -> bool:
        """Whether a call may begin on what was taken."""
        return self.lease is not None and self.lease.open and self.lease.room.holds(most)


class BudgetDesk:
    """Takes from budgets and settles; a claim is forgotten after `keep_s` without settlement.

    For `lease_s` calls begin on what one of them has taken ahead.
    """

    def __init__(self, state: Remote, keep_s: float, lease_s: float = LEASE_S) -> None:
        self._state = state
        self._keep_s = keep_s
        self._lease_s = lease_s
        self._holders: dict[Hashable, _Holder] = {}
        self._habits = Habits()
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(
        self, holder: Hashable, lines: tuple[Line, ...], most: Amount, model: str = ""
    ) -> Held:
        """Take `most`, which is `lines` in the budgets that `holder` stands for.

        Raises BudgetExceeded, and what State raises when it can't be asked.
        """
        found = self._holders.setdefault(holder, _Holder())
        habit = self._habits.began(holder, model, lines, most)
        held = self._at_hand(found, most)
        if held is None and found.call_by_call:
            held = await self._claimed(holder, found, self._claim(lines), most)
        if held is None:
            async with found.turn:
                # Whoever stood before may have taken enough for this one as well.
                held = self._at_hand(found, most)
                if held is None:
                    held = await self._claimed(holder, found, self._claim(lines, habit.ahead), most)
        return held

    async def ready(self, holder: Hashable, model: str = "") -> None:
        """Have room for a call of a model that the holder has called before; no other is known.

        Done before a request is read: of many that come at once the first then need not wait for
        State until all have been read. A budget that is used up refuses the call itself, later.
        Raises what State raises when it can't be asked.
        """
        habit = self._habits.known(holder)
        if habit is None or model not in habit.calls:
            return
        lines, most = habit.calls[model]
        found = self._holders.setdefault(holder, _Holder())
        if found.call_by_call or found.has_room(most):
            return
        async with found.turn:
            if not (found.call_by_call or found.has_room(most)):
                claim = replace(self._claim(lines, habit.ahead), many_only=True)
                await self._prepared(holder, found, claim, most)

    def settle(self, held: Held, used: Amount) -> asyncio.Task[None] | None:
        """Count what was used; the task that tells State, None while the lease goes on."""
        held.lease.give(held.most, used)
        return self._tell(held.lease) if held.lease.over else None

    async def close(self, seconds: float) -> None:
        """Settle everything, as far as calls end and State answers within so many seconds."""
        for holder in self._holders.values():
            self._close(holder.lease)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._tasks:  # A call that ends leaves a settlement.
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def _at_hand(self, holder: _Holder, most: Amount) -> Held | None:
        lease = holder.lease
        return Held(lease, most, alone=False) if lease and lease.take(most) else None

    def _claim(self, lines: tuple[Line, ...], ahead: int = 1) -> Claim:
        return Claim(f"res_{uuid.uuid4().hex}", lines, self._keep_s, ahead)

    async def _prepared(self, name: Hashable, holder: _Holder, claim: Claim, most: Amount) -> None:
        """Take ahead for calls to come; of a budget that runs low nothing is taken.

        Else the last of it would be refused to a call that asks meanwhile.
        """
        count = await self._reserved(claim)
        self._keep(name, holder, Lease(claim.id, most.times(count), most, open=count > 0))

    async def _reserved(self, claim: Claim) -> int:
        """For how many calls State took it."""
        done = False
        try:
            deadline = Deadline.after(ANSWER_S)
            count: int = await self._state.call("reserve", claim, deadline=deadline)
            done = True
        except BudgetExceeded:
            done = True
            raise
        finally:
            if not done:
                self._tell(Lease(claim.id, NOTHING))
        return count

    async def _claimed(self, name: Hashable, holder: _Holder, claim: Claim, most: Amount) -> Held:
        count = await self._reserved(claim)
        lease = Lease(claim.id, most.times(count), most)
        lease.take(most)
        if count == 1:
            lease.open = False
        self._keep(name, holder, lease)
        return Held(lease, most, alone=count == 1)

    def _keep(self, name: Hashable, holder: _Holder, lease: Lease) -> None:
        """For a moment calls share the lease, or know that there is nothing to share."""
        before, holder.lease = holder.lease, lease if lease.open else None
        holder.call_by_call = not lease.open
        self._close(before)
        asyncio.get_running_loop().call_later(self._lease_s, self._end, name, holder, lease)

    def _end(self, name: Hashable, holder: _Holder, lease: Lease) -> None:
        self._close(lease)
        if self._holders.get(name) is holder and holder.lease in (None, lease):
            del self._holders[name]
            if habit := self._habits.known(name):
                habit.moment_over()

    def _close(self, lease: Lease | None) -> None:
        """Begin no call on it any more; it is settled now, or when its last call ends."""
        if lease is not None and lease.open:
            lease.open = False
            if lease.over:
                self._tell(lease)
            else:
                self._begin(self._give_back(lease))

    def _tell(self, lease: Lease) -> asyncio.Task[None]:
        """Settle a lease; goes on by itself until State has answered."""
        return self._begin(self._settle(lease))

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _give_back(self, lease: Lease) -> None:
        """While calls go on, give back what none of them holds: at once, then now and then.

        Less than one call's worth is not worth a message.
        """
        while not lease.over:
            if lease.room.holds(lease.each):
                await self._shrink(lease, lease.needed)
            await asyncio.sleep(self._lease_s)

    async def _shrink(self, lease: Lease, left: Amount) -> None:
        try:
            deadline = Deadline.after(ANSWER_S)
            await self._state.call("shrink", lease.claim_id, left, deadline=deadline)
            lease.shrunk(left)
        except PodiumError as error:
            # Tried again in a moment, with what is needed then.
            log.warning("budget not given back yet", extra={"code": error.code})

    async def _settle(self, lease: Lease) -> None:
        end = time.monotonic() + self._keep_s
        while time.monotonic() < end:
            try:
                deadline = Deadline.after(ANSWER_S)
                await self._state.call("settle", lease.claim_id, lease.used, deadline=deadline)
                return
            except PodiumError as error:
                log.warning("budget not settled yet", extra={"code": error.code})
            await asyncio.sleep(_AGAIN_S)
