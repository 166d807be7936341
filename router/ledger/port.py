"""The ledger's port; one contract suite runs over every implementation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from router.ledger.record import Record


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a record; `seq` and `hash` are None while it is only in line to be written.

    `hash` is 64 hex digits and covers the record and, through the chain, everything before it.
    """

    id: str
    seq: int | None = None
    hash: str | None = None

    @property
    def durable(self) -> bool:
        """Whether the record outlives the machine losing power now."""
        return self.seq is not None


class Ledger(Protocol):
    """Takes records in the order of the calls and never gives one back changed."""

    async def append(self, record: Record, *, durable: bool) -> Receipt:
        """Write the record; with `durable`, or for intents, declassifications and admin acts,
        return only once it is on disk.

        Raises LedgerUnavailable when it cannot be written: then what it would have recorded must
        not happen.
        """


class AdminLog(Protocol):
    """Where an act of administration is written down before it is done."""

    def note(self, record: Record) -> Receipt:
        """Write the record durably; raises LedgerUnavailable. Blocks."""
