"""One thing that must hold whatever is played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Invariant:
    """`evidence` counts what it was looked for in; `broken` says where it does not hold.

    One that had nothing to be looked for in is `proved` by nothing, and does not hold either.
    """

    name: str
    evidence: str
    broken: Sequence[str] = ()
    proved: bool = True

    @property
    def faults(self) -> list[str]:
        """Every sentence about what does not hold."""
        unproved = [] if self.proved else [f"{self.name}: nothing came by that could prove it"]
        return [*self.broken, *unproved]

    @property
    def holds(self) -> bool:
        """Whether it was seen to hold."""
        return not self.faults

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {"holds": self.holds, **asdict(self)}
