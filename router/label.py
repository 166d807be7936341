"""Labels: what a piece of data is, and the join by which it travels through every step.

The lattice follows CaMeL (arXiv 2503.18813) and FIDES (arXiv 2505.23643).
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import reduce
from typing import Any


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

    def covers(self, other: Label) -> bool:
        """Whether nothing may receive this that may not receive `other`; subjects don't matter."""
        return replace(self.join(other), subjects=self.subjects) == self

    def obstacle(self, clearance: Clearance, now: float | None = None) -> str | None:
        """The first component that keeps this data from `clearance`, None when it may flow.

        Data of two tenants is quarantined: nothing is cleared for it. `now`, in seconds since the
        epoch, is asked only for data that expires.
        """
        if self.level > clearance.level:
            return "level"
        if not _within(self.categories, clearance.categories):
            return "categories"
        if self.integrity > clearance.integrity:
            return "integrity"
        if len(self.tenants) > 1 or not _within(self.tenants, clearance.tenants):
            return "tenants"
        if not self._allows_region(clearance.region):
            return "regions"
        expired = self.expires is not None and now is not None and now >= self.expires
        return "expires" if expired else None

    def flows_to(self, clearance: Clearance, now: float | None = None) -> bool:
        """Whether a place of that clearance may receive this data."""
        return self.obstacle(clearance, now) is None

    def _allows_region(self, region: str | None) -> bool:
        return region is None or self.regions is None or region in self.regions

    def to_json(self) -> str:
        """Canonical JSON text: equal labels are equal bytes."""
        return json.dumps(self.as_dict(), sort_keys=True, separators=(",", ":"))

    def as_dict(self) -> dict[str, Any]:
        """Plain data with sorted lists and the names of levels."""
        return {
            "level": self.level.name,
            "categories": sorted(self.categories),
            "integrity": self.integrity.name,
            "tenants": sorted(self.tenants),
            "regions": None if self.regions is None else sorted(self.regions),
            "subjects": sorted(self.subjects),
            "expires": self.expires,
        }

    def public(self) -> dict[str, Any]:
        """What a client may read of it: neither tenants nor subjects."""
        shown = ("level", "categories", "integrity", "regions")
        whole = self.as_dict()
        return {name: whole[name] for name in shown}


LEAST = Label()
TOP = Label(Level.RESTRICTED, ALL_CATEGORIES, Integrity.UNTRUSTED, regions=frozenset())


def join_all(labels: Iterable[Label]) -> Label:
    """The join of them all; of none, the least label."""
    return reduce(Label.join, labels, Label())


@dataclass(frozen=True, slots=True)
class Clearance:
    """What a place may receive: the greatest label it is cleared for.

    None means every one for `categories` and `tenants`; `region` None is inside our own walls,
    which no region rule concerns.
    """

    level: Level = Level.PUBLIC
    categories: frozenset[str] | None = frozenset()
    integrity: Integrity = Integrity.UNTRUSTED
    tenants: frozenset[str] | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """Lets through what a reader may see; plain data, so that it can travel to the retriever."""

    clearance: Clearance
    now: float | None = None

    def allows(self, label_json: str) -> bool:
        """Whether the data so labelled may be shown; an unreadable label is the top."""
        return label_from_json(label_json).flows_to(self.clearance, self.now)


def label_from_json(text: str) -> Label:
    """The label `to_json` wrote; anything unreadable, incomplete or with unknown fields is TOP."""
    try:
        return _label_of(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return TOP


def _label_of(data: Mapping[str, Any]) -> Label:
    if set(data) != _FIELDS:
        return TOP
    return Label(
        level=Level[data["level"]],
        categories=_names(data["categories"]),
        integrity=Integrity[data["integrity"]],
        tenants=_names(data["tenants"]),
        regions=None if data["regions"] is None else _names(data["regions"]),
        subjects=_names(data["subjects"]),
        expires=None if data["expires"] is None else _seconds(data["expires"]),
    )


_FIELDS = frozenset(Label().as_dict())


def _names(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError("a list of names is needed")
    return frozenset(value)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError("a number of seconds is needed")
    return float(value)


def _within(names: frozenset[str], allowed: frozenset[str] | None) -> bool:
    return allowed is None or names <= allowed


def _meet(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    if a is None or b is None:
        return b if a is None else a
    return a & b


def _earliest(a: float | None, b: float | None) -> float | None:
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)
