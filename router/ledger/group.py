"""Group commit: many writers wait, one thread writes what has gathered in one transaction."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from threading import Thread

from models.errors import LedgerUnavailable, PodiumError
from router.ledger.chain import Chain, Outcome
from router.ledger.health import Health
from router.ledger.line import AsyncWaiter, Buffered, Line, Waiter, Waiting
from router.ledger.port import Receipt
from router.ledger.record import Record

log = logging.getLogger("podium.ledger")


class GroupCommit:
    """A Ledger, and an AdminLog, over a chain; thread-safe.

    While a batch is being synced the next one gathers, so a lone writer pays one commit and a
    crowd shares it. Records nobody waits for gather for 5 ms, or what its line says. When the chain
    cannot be written every waiting writer gets LedgerUnavailable, new ones try it again, records
    taken earlier are kept in order and tried twice a second, and no more of that sort are taken.
    """

    def __init__(
        self, chain: Chain, *, line: Line | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._chain = chain
        self._line = line or Line()
        self._clock = clock
        self._health = Health()
        self._thread = Thread(target=self._write, name="podium-ledger", daemon=True)
        self._thread.start()

    @property
    def health(self) -> Health:
        """Whether the last write worked, and since when none does."""
        return self._health

    async def append(self, record: Record, *, durable: bool) -> Receipt:
        """As of the port."""
        if not (durable or record.durable):
            self._refuse_if_failing()
            self._line.put(Buffered(record))
            return Receipt(record.id)
        waiter = AsyncWaiter(record, asyncio.get_running_loop())
        self._line.put(waiter)
        return await waiter.receipt()

    async def append_all(self, batch: Sequence[tuple[Record, bool]]) -> Sequence[Outcome]:
        """What becomes of records of one other process, each with whether it is to be durable.

        They stand in line together, so that one commit can write them all.
        """
        loop = asyncio.get_running_loop()
        ones = [
            AsyncWaiter(record, loop) if durable or record.durable else Buffered(record)
            for record, durable in batch
        ]
        health = self._health
        taken = [one for one in ones if health.ok or isinstance(one, AsyncWaiter)]
        try:
            self._line.put(*taken)
        except LedgerUnavailable as error:
            return [error] * len(ones)
        return [await _outcome(one, health) for one in ones]

    def note(self, record: Record) -> Receipt:
        """Write the record durably; blocks, for code that runs in a thread of its own."""
        waiter = Waiter(record)
        self._line.put(waiter)
        return waiter.receipt()

    def close(self) -> None:
        """Write what is in line, then let go of the chain; nothing is taken afterwards."""
        self._line.close()
        self._thread.join()
        self._chain.close()

    def _refuse_if_failing(self) -> None:
        if not self._health.ok:
            raise _failing(self._health)

    def _write(self) -> None:
        while batch := self._line.take(failing=not self._health.ok):
            try:
                outcomes = self._chain.append([one.record for one in batch])
            except Exception as error:
                self._failed(batch, error)
            else:
                self._written(batch, outcomes)

    def _written(self, batch: Sequence[Waiting], outcomes: Sequence[Outcome]) -> None:
        if not self._health.ok:
            self._line.put_first([Buffered(self._health.alarm(self._clock()))])
            log.warning("ledger is written again", extra={"refused": self._health.refused})
            self._health = Health()
        _settle(list(zip(batch, outcomes, strict=True)))

    def _failed(self, batch: Sequence[Waiting], error: Exception) -> None:
        refusal = _refusal(error)
        refused, lost = self._line.refuse(batch)
        if self._health.ok:
            log.error("ledger can't be written", extra={"code": refusal.code})
        if lost:
            log.error("ledger closed with records unwritten", extra={"records": lost})
        self._health = self._health.failed(refusal.message, len(refused), self._clock())
        _settle([(one, refusal) for one in refused])


async def _outcome(one: AsyncWaiter | Buffered, health: Health) -> Outcome:
    """What became of one that came in a batch while the ledger had this health."""
    if isinstance(one, Buffered):
        return Receipt(one.record.id) if health.ok else _failing(health)
    try:
        return await one.receipt()
    except PodiumError as error:
        return error


def _failing(health: Health) -> LedgerUnavailable:
    return LedgerUnavailable(health.reason, retry_after=1.0)


def _refusal(error: Exception) -> PodiumError:
    if isinstance(error, PodiumError):
        return error
    log.error("ledger writer failed", extra={"error": type(error).__name__})
    return LedgerUnavailable(
        f"The ledger can't be written ({type(error).__name__}); the log says where.",
        retry_after=1.0,
    )


def _settle(results: Sequence[tuple[Waiting, Outcome]]) -> None:
    """Tell the waiting ones, with one wake-up for each event loop among them."""
    loops: dict[asyncio.AbstractEventLoop, list[tuple[AsyncWaiter, Outcome]]] = {}
    for one, outcome in results:
        if isinstance(one, AsyncWaiter):
            loops.setdefault(one.loop, []).append((one, outcome))
        else:
            one.settle(outcome)
    for loop, told in loops.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle_all, told)


def _settle_all(told: Sequence[tuple[AsyncWaiter, Outcome]]) -> None:
    for one, outcome in told:
        one.settle(outcome)
