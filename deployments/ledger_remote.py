"""The ledger as other deployments see it: the State deployment owns it, they append to it."""

from __future__ import annotations

from typing import cast

from deployments.remote import Remote
from models.deadline import Deadline
from models.errors import DeadlineExceeded, LedgerUnavailable, ModelUnavailable, Overloaded
from router.ledger.port import Receipt
from router.ledger.record import Record

APPEND_S = 5.0


class RemoteLedger:
    """A Ledger in another process; every append is answered within `seconds`.

    A record whose answer did not come may be in the ledger or not. Appending the same Record
    again is safe: it is written once.
    """

    def __init__(self, remote: Remote, seconds: float = APPEND_S) -> None:
        self._remote = remote
        self._seconds = seconds

    async def append(self, record: Record, *, durable: bool) -> Receipt:
        """As of the port: whatever keeps the ledger from answering is LedgerUnavailable."""
        try:
            answer = await self._remote.call(
                "append_record", record, durable, deadline=Deadline.after(self._seconds)
            )
        except (DeadlineExceeded, ModelUnavailable, Overloaded) as error:
            raise LedgerUnavailable(
                "The ledger does not answer, so what it must record first can't be done. Try"
                " again shortly.",
                retry_after=1.0,
            ) from error
        return cast(Receipt, answer)
