"""Whether the ledger is being written, and what it says of itself when it is again."""

from __future__ import annotations

from dataclasses import dataclass

from router.ledger.record import MAX_TEXT, Record


@dataclass(frozen=True, slots=True)
class Health:
    """`since`, seconds since the epoch, is None while all is well; `refused` counts writers.

    `reason` is the message of the last refusal.
    """

    since: float | None = None
    reason: str = ""
    refused: int = 0

    @property
    def ok(self) -> bool:
        """Whether the last write worked."""
        return self.since is None

    def failed(self, reason: str, refused: int, now: float) -> Health:
        """This, after one more write that did not work."""
        since = now if self.since is None else self.since
        return Health(since, reason, self.refused + refused)

    def alarm(self, now: float) -> Record:
        """What the ledger writes first when it can write again."""
        return Record(
            kind="alarm",
            tenant="",
            at=now,
            fields={
                "what": "ledger_unavailable",
                "since": self.since,
                "reason": self.reason[:MAX_TEXT],
                "refused": self.refused,
            },
        )
