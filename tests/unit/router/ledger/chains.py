"""A chain that can be told to fail, as a disk does that is full or broken."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from models.errors import LedgerUnavailable
from router.ledger.chain import Outcome
from router.ledger.port import Receipt
from router.ledger.record import Record


class Moody:
    """A Chain in memory: `failing` refuses, `gate` holds a batch back until it is set."""

    def __init__(self) -> None:
        self.written: list[Record] = []
        self.batches: list[int] = []
        self.failing: Exception | None = None
        self.tried = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.closed = False

    def append(self, batch: Sequence[Record]) -> Sequence[Outcome]:
        self.tried.release()
        self.gate.wait()
        if self.failing is not None:
            raise self.failing
        first = len(self.written) + 1
        self.written.extend(batch)
        self.batches.append(len(batch))
        return [Receipt(one.id, first + n, "0" * 64) for n, one in enumerate(batch)]

    def close(self) -> None:
        self.closed = True


def no_space() -> LedgerUnavailable:
    return LedgerUnavailable("The ledger can't be written (SQLITE_FULL).", retry_after=1.0)
