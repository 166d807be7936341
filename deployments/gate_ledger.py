"""The ledger as the gate writes it: the file itself beside State, through State from elsewhere."""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from deployments.home import Home
from deployments.ledger import open_ledger
from deployments.ledger_line import LedgerLine
from deployments.remote import Remote
from models.deadline import Deadline
from models.errors import PodiumError
from router.ledger.group import GroupCommit
from router.ledger.port import Ledger, Receipt
from router.ledger.record import Record

log = logging.getLogger("podium.ledger")

ASK_S = 20.0
# The end of one call is written with the intent of the next: a commit is most of a record's cost.
GATHER_S = 0.1


class GateLedger(Ledger, Protocol):
    """A Ledger that can be closed."""

    async def close(self) -> None:
        """Write what is in line, as long as that works."""


class OwnLedger:
    """A Ledger over a chain that this process writes itself."""

    def __init__(self, chain: GroupCommit) -> None:
        self._chain = chain

    async def append(self, record: Record, *, durable: bool) -> Receipt:
        """As of the port."""
        return await self._chain.append(record, durable=durable)

    async def close(self) -> None:
        """Write what is in line, and let go of the chain."""
        await asyncio.to_thread(self._chain.close)


async def gate_ledger(state: Remote, home: Home, node: str, seconds: float = ASK_S) -> GateLedger:
    """The ledger of State: its own file where State writes one on this `node`, else State's calls.

    A file may be shared by processes of one machine only: several write one chain there, each batch
    in a transaction that takes the write lock before it reads the head.
    """
    try:
        written = await state.call("ledger_node", deadline=Deadline.after(seconds))
    except PodiumError as error:
        log.warning("ledger through State", extra={"code": error.code})
        return LedgerLine(state)
    if written != node:
        return LedgerLine(state)
    return OwnLedger(open_ledger(home, gather=GATHER_S))
