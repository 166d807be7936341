"""The ledger for a process that writes much: records that come together go to State in one call."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from deployments.remote import Remote
from models.deadline import Deadline
from models.errors import LedgerUnavailable, PodiumError
from router.ledger.port import Receipt
from router.ledger.record import Record

log = logging.getLogger("podium.ledger")

GATHER_S = 0.005
RETRY_S = 0.5
ANSWER_S = 5.0
MOST_AT_ONCE = 256
MOST_IN_LINE = 8192
# While one call is on its way a second may start, so that nobody waits for two round trips.
_CALLS = 2


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A record in line; nobody waits for one without `answer`."""

    record: Record
    answer: asyncio.Future[Receipt] | None = None

    @property
    def given_up(self) -> bool:
        """Whether somebody waited and does no more: then what it records does not happen."""
        return self.answer is not None and self.answer.done()


class LedgerLine:
    """A Ledger in another process.

    Whoever waits is sent at once, with all that stands in line. What nobody waits for goes along
    or follows within 5 ms; it is kept, in order, until State has taken it. A record whose answer
    did not come may be in the ledger or not: appending the same one again is safe.
    """

    def __init__(self, remote: Remote, seconds: float = ANSWER_S, room: int = MOST_IN_LINE) -> None:
        self._remote = remote
        self._seconds = seconds
        self._room = room
        self._line: deque[_Waiting] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None

    async def append(self, record: Record, *, durable: bool) -> Receipt:
        """As of the port: whatever keeps the ledger from answering is LedgerUnavailable."""
        if len(self._line) >= self._room:
            raise _unavailable()
        if not (durable or record.durable):
            self._line.append(_Waiting(record))
            self._send_within(GATHER_S)
            return Receipt(record.id)
        answer = asyncio.get_running_loop().create_future()
        self._line.append(_Waiting(record, answer))
        self._send_now()
        try:
            async with asyncio.timeout(self._seconds):
                return await answer
        except TimeoutError as error:
            raise _unavailable() from error

    async def close(self) -> None:
        """Send what is in line, as long as State takes any of it."""
        if self._calls:
            await asyncio.wait(self._calls)
        left = len(self._line) + 1
        while 0 < len(self._line) < left:
            left = len(self._line)
            await self._send()

    def _send_within(self, seconds: float) -> None:
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(seconds, self._send_now)

    def _send_now(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if self._line and len(self._calls) < _CALLS:
            task = asyncio.create_task(self._send(), name="ledger line")
            self._calls.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        """Go on with those who came meanwhile."""
        self._calls.discard(task)
        if any(one.answer is not None for one in self._line):
            self._send_now()
        elif self._line:
            self._send_within(GATHER_S)

    async def _send(self) -> None:
        batch = self._taken()
        if not batch:
            return
        asked = [(one.record, one.answer is not None) for one in batch]
        try:
            deadline = Deadline.after(self._seconds)
            outcomes = await self._remote.call("append_records", asked, deadline=deadline)
        except PodiumError:
            outcomes = [_unavailable()] * len(batch)
        self._settle(batch, outcomes)

    def _taken(self) -> Sequence[_Waiting]:
        batch = [self._line.popleft() for _ in range(min(MOST_AT_ONCE, len(self._line)))]
        return [one for one in batch if not one.given_up]

    def _settle(self, batch: Sequence[_Waiting], outcomes: Sequence[Receipt | PodiumError]) -> None:
        again = []
        for one, outcome in zip(batch, outcomes, strict=True):
            if one.answer is not None:
                _tell(one.answer, outcome)
            elif isinstance(outcome, PodiumError):
                again.append(one)
        if again:
            log.warning("records not in the ledger yet", extra={"records": len(again)})
            self._line.extendleft(reversed(again))
            self._send_within(RETRY_S)


def _tell(answer: asyncio.Future[Receipt], outcome: Receipt | PodiumError) -> None:
    if answer.done():
        return
    if isinstance(outcome, PodiumError):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)


def _unavailable() -> LedgerUnavailable:
    return LedgerUnavailable(
        "The ledger does not answer, so what it must record first can't be done. Try again"
        " shortly.",
        retry_after=1.0,
    )
