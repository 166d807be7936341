"""Models in turn: the next that may be asked takes over when one fails.

The chain comes out of a decision of the policy, and each model in it is asked of the policy once
more before it is asked anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import DeadlineExceeded, ModelUnavailable, Overloaded

# A provider may have given up while there is time left for another.
FAILED = (ModelUnavailable, Overloaded, DeadlineExceeded)


class FallbackChain:
    """Where one request stands in its chain; `answering` is the model asked last."""

    def __init__(self, chain: Sequence[ModelCard], may_ask: Callable[[ModelCard], bool]) -> None:
        self.answering, *self._left = chain
        self._may_ask = may_ask

    def goes_on(self, deadline: Deadline) -> bool:
        """Whether another takes over: the first that the policy lets be asked now.

        That one before it failed took time, in which that may have changed. Raises
        DeadlineExceeded when none is left.
        """
        while self._left:
            card = self._left.pop(0)
            if self._may_ask(card):
                deadline.check(self.answering.id)
                self.answering = card
                return True
        return False
