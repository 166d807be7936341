"""The money of one run: taken before a model is asked, settled after, seen as far as labels let."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from models.errors import BudgetExceeded
from router.label import Label

FIELD = "budget.usd"


@dataclass(slots=True)
class Held:
    """What one call of `step` may cost at most, and once it is over what it did, in nano-USD."""

    step: str
    label: Label
    nano: int


@dataclass(slots=True)
class Purse:
    """What a run may spend: `limit` nano-USD, None for any amount.

    Holds the calls of steps that have not ended; what the others came to stands on the board.
    `wasted` are the calls made for the same turn before the run began, of which it uses nothing.
    """

    limit: int | None
    wasted: Sequence[Held] = ()
    _held: list[Held] = field(default_factory=list)

    def take(self, step: str, label: Label, most: int, spent: int) -> Held:
        """Take `most` for a call of `step`; `spent` is what it may know was spent before.

        What steps under other labels hold is not told by a refusal. Raises BudgetExceeded, and
        then nothing may be asked.
        """
        known = sum(one.nano for one in self._held if _may_know(label, one.label))
        if self.limit is not None and spent + known + most > self.limit:
            raise BudgetExceeded(
                f"What step {step} may cost is more than is left of the pipeline's budget. Raise"
                f" {FIELD}, lower max_tokens of its prompt, or route it to a cheaper model.",
                param=FIELD,
            )
        held = Held(step, label, most)
        self._held.append(held)
        return held

    def calls(self, step: str) -> tuple[Held, ...]:
        """The calls of a step that has not ended."""
        return tuple(one for one in self._held if one.step == step)

    def use(self, calls: Sequence[Held]) -> None:
        """What these calls made is used after all, so the board counts it."""
        used = {id(one) for one in calls}
        self.wasted = [one for one in self.wasted if id(one) not in used]

    def wasted_nano(self, told_to: Label | None = None) -> int:
        """What the wasted calls came to, as far as that label may know."""
        known = (one for one in self.wasted if told_to is None or _may_know(told_to, one.label))
        return sum(one.nano for one in known)

    def end(self, step: str) -> None:
        """The step is over: its report says what it came to."""
        self._held = [one for one in self._held if one.step != step]


def _may_know(knower: Label, of: Label) -> bool:
    """Integrity does not count: what an answer cost is no instruction, whoever wrote it."""
    return knower.covers(replace(of, integrity=knower.integrity))
