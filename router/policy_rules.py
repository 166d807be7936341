"""The rules of a policy beyond clearances: denials, detectors' raises, declassifiers, actions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from router.label import TOP, Integrity, Label, Level

Permission = Literal["allow", "needs_approval", "deny"]


@dataclass(frozen=True, slots=True)
class When:
    """Which data a denial is about: every condition given must hold, any one name of a list.

    Each condition that holds for some data holds for all that is made from it; `regions` is about
    data that may be in these regions and in no other, `sources` about data labelled at least as
    high as one of these. Data of the top label is meant by every rule.
    """

    level: Level = Level.PUBLIC
    categories: frozenset[str] | None = None
    tenants: frozenset[str] | None = None
    regions: frozenset[str] | None = None
    sources: tuple[Label, ...] | None = None

    def holds(self, label: Label) -> bool:
        """Whether the rule is about this data."""
        if label.level < self.level:
            return False
        return self._named(label) or covers(label, TOP)

    def _named(self, label: Label) -> bool:
        if self.categories is not None and self.categories.isdisjoint(label.categories):
            return False
        if self.tenants is not None and self.tenants.isdisjoint(label.tenants):
            return False
        if self.regions is not None and not _confined(label, self.regions):
            return False
        return self.sources is None or any(covers(label, source) for source in self.sources)


@dataclass(frozen=True, slots=True)
class DenyRule:
    """Keeps data from models by name or by site; `outside` is every site but our own."""

    name: str
    when: When
    models: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    outside: bool = False

    def concerns(self, model: str, site: str, *, local: bool) -> bool:
        """Whether the rule is about this model."""
        return model in self.models or site in self.sites or (self.outside and not local)


@dataclass(frozen=True, slots=True)
class DeclassifierRule:
    """What one redactor may do to a label; without approval it may do nothing.

    It lowers data of `highest` and below to `lowest`, and only once no category is left. It never
    touches data that has a category of `never`. `recall` is the measured recall it needs, in
    [0, 1]; `types` are the kinds of finding it replaces.
    """

    name: str
    categories: frozenset[str]
    types: frozenset[str] = frozenset()
    highest: Level = Level.PUBLIC
    lowest: Level = Level.PUBLIC
    never: frozenset[str] = frozenset({"secret"})
    recall: float = 1.0
    measured: float | None = None
    approved: bool = False

    def lowered(self, label: Label) -> Label | None:
        """The least label it could leave, approved or not; None when it can do nothing."""
        if label.level > self.highest or not self.never.isdisjoint(label.categories):
            return None
        left = label.categories - self.categories
        if left == label.categories:
            return None
        level = label.level if left else min(label.level, self.lowest)
        return replace(label, categories=left, level=level)

    def allows(self, before: Label, after: Label) -> bool:
        """Whether it may turn one label into the other: never below what `lowered` leaves."""
        least = self.lowered(before)
        return self.approved and least is not None and covers(after, least)


@dataclass(frozen=True, slots=True)
class ActionRule:
    """What may set off an act: data at least this trusted, and so many people's approval."""

    name: str
    integrity: Integrity
    approvals: int = 1

    def permission(self, label: Label) -> Permission:
        """Whether data of that label may steer it."""
        if label.integrity > self.integrity:
            return "deny"
        return "needs_approval" if self.approvals else "allow"


@dataclass(frozen=True, slots=True)
class Approvals:
    """Who let a change pass: digests of the policy it replaces and of the change, and names."""

    replaces: str
    change: str
    by: tuple[str, ...]


def covers(label: Label, other: Label) -> bool:
    """Whether `label` is at least as high as `other` in everything that decides where it may go."""
    return (
        label.level >= other.level
        and label.categories >= other.categories
        and label.integrity >= other.integrity
        and label.tenants >= other.tenants
        and (other.regions is None or _confined(label, other.regions))
    )


def _confined(label: Label, regions: frozenset[str]) -> bool:
    return label.regions is not None and label.regions <= regions
