"""What one gateway has taken of budgets ahead: room for the calls of a moment, without asking."""

from __future__ import annotations

from dataclasses import dataclass

from router.budget import NOTHING, Amount


@dataclass(slots=True)
class Lease:
    """One claim on budgets, shared by calls one after another and beside each other.

    Together they may use what the claim took and no more; `used` is what those that ended came to,
    `going` what the others may come to. Once it is not `open`, no call begins on it. It was taken
    for calls of the size `each`.
    """

    claim_id: str
    taken: Amount
    each: Amount = NOTHING
    used: Amount = NOTHING
    going: Amount = NOTHING
    calls: int = 0
    open: bool = True

    @property
    def over(self) -> bool:
        """Whether nothing will be used of it any more."""
        return not self.open and self.calls == 0

    @property
    def needed(self) -> Amount:
        """The most it can come to if no other call begins on it."""
        return self.used.plus(self.going)

    @property
    def room(self) -> Amount:
        """What no call holds."""
        return self.taken.minus(self.needed)

    def take(self, most: Amount) -> bool:
        """Begin a call that may use so much; False when there is no room for it."""
        if not self.open or not self.room.holds(most):
            return False
        self.going = self.going.plus(most)
        self.calls += 1
        return True

    def give(self, most: Amount, used: Amount) -> None:
        """End a call; what it did not use is room for the next, what it overran is taken of it."""
        self.calls -= 1
        self.going = self.going.minus(most)
        self.used = self.used.plus(used)

    def shrunk(self, left: Amount) -> None:
        """State holds no more than `left` for it now."""
        self.taken = self.taken.at_most(left)
