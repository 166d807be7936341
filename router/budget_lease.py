"""What one gateway has taken of budgets ahead: room for the calls of a moment, without asking."""

from __future__ import annotations

from dataclasses import dataclass

from router.budget import NOTHING, Amount


@dataclass(slots=True)
class Lease:
    """One claim on budgets, shared by calls one after another and beside each other.

    Together they may use what the claim took and no more; `used` is what it will come to. Once it
    is not `open`, no call begins on it.
    """

    claim_id: str
    room: Amount
    used: Amount = NOTHING
    calls: int = 0
    open: bool = True

    @property
    def over(self) -> bool:
        """Whether nothing will be used of it any more."""
        return not self.open and self.calls == 0

    def take(self, most: Amount) -> bool:
        """Begin a call that may use so much; False when there is no room for it."""
        if not self.open or not self.room.holds(most):
            return False
        self.room = self.room.minus(most)
        self.calls += 1
        return True

    def give(self, most: Amount, used: Amount) -> None:
        """End a call; what it did not use is room for the next, what it overran is taken of it."""
        self.calls -= 1
        self.used = self.used.plus(used)
        self.room = self.room.plus(most).minus(used)
