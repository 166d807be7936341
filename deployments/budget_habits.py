"""How the holders of budgets have called lately: what is taken ahead for their next calls."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field

from router.budget import Amount, Line

AHEAD, MOST_AHEAD = 16, 64
_REMEMBERED = 1024


@dataclass(slots=True)
class Habit:
    """What the last call of each model took; how many begin now, and did in a busy moment."""

    calls: dict[str, tuple[tuple[Line, ...], Amount]] = field(default_factory=dict)
    begun: int = 0
    busiest: int = 0

    @property
    def ahead(self) -> int:
        """For how many calls to claim: as many as came at once, and some, for no two are alike."""
        return min(max(AHEAD, self.begun, self.busiest * 5 // 4), MOST_AHEAD)

    def moment_over(self) -> None:
        """Forget old crowds by and by."""
        self.begun, self.busiest = 0, max(self.begun, self.busiest * 3 // 4)


class Habits:
    """Those of the holders that called last, so many at most."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._habits: OrderedDict[Hashable, Habit] = OrderedDict()

    def began(self, holder: Hashable, model: str, lines: tuple[Line, ...], most: Amount) -> Habit:
        """What is known of a holder, one call of which begins."""
        habit = self._habits.setdefault(holder, Habit())
        self._habits.move_to_end(holder)
        if len(self._habits) > self._most:
            self._habits.popitem(last=False)
        habit.calls[model] = lines, most
        habit.begun += 1
        return habit

    def known(self, holder: Hashable) -> Habit | None:
        """What is known of a holder."""
        return self._habits.get(holder)
