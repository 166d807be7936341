"""Labels: what a piece of data is, and the join by which it travels through every step.

The lattice follows CaMeL (arXiv 2503.18813) and FIDES (arXiv 2505.23643).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import reduce


class Level(IntEnum):
    """How secret; the join is the maximum."""

    PUBLIC = 0
    INTERNAL = 1
    CONFIDENTIAL = 2
    RESTRICTED = 3


class Integrity(IntEnum):
    """How far the data can be trusted to steer; the join is the maximum, the least trusted."""

    TRUSTED = 0
    USER = 1
    UNTRUSTED = 2


ALL_CATEGORIES = frozenset(
    {"pii", "phi", "pci", "secret", "legal", "source_code", "customer_audio"}
)


@dataclass(frozen=True, slots=True)
class Label:
    """The least label is `Label()`: public, trusted, of nobody, allowed in every region.

    `regions` None means every region; an empty set means none. `expires` is seconds since the
    epoch, None for never.
    """

    level: Level = Level.PUBLIC
    categories: frozenset[str] = frozenset()
    integrity: Integrity = Integrity.TRUSTED
    tenants: frozenset[str] = frozenset()
    regions: frozenset[str] | None = None
    subjects: frozenset[str] = frozenset()
    expires: float | None = None

    def join(self, other: Label) -> Label:
        """The label of anything made from both."""
        return Label(
            level=max(self.level, other.level),
            categories=self.categories | other.categories,
            integrity=max(self.integrity, other.integrity),
            tenants=self.tenants | other.tenants,
            regions=_meet(self.regions, other.regions),
            subjects=self.subjects | other.subjects,
            expires=_earliest(self.expires, other.expires),
        )


TOP = Label(Level.RESTRICTED, ALL_CATEGORIES, Integrity.UNTRUSTED, regions=frozenset())


def join_all(labels: Iterable[Label]) -> Label:
    """The join of them all; of none, the least label."""
    return reduce(Label.join, labels, Label())


def _meet(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    if a is None or b is None:
        return b if a is None else a
    return a & b


def _earliest(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)
