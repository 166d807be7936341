"""What changes in the rules that are no clearances: detectors, declassifiers, actions and so on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from router.detect.finding import CATEGORIES
from router.label import TOP, Label, join_all
from router.policy import Policy
from router.policy_rules import ActionRule, DeclassifierRule, covers
from router.policy_words import described, listed


class Change(NamedTuple):
    """A sentence, and whether it lets more through than before."""

    widens: bool
    sentence: str


def changed_rules(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Every change, in the order of the file."""
    return (
        *_detectors(old.detectors, new.detectors),
        *_looked_for(old, new),
        *_declassifiers(old.declassifiers, new.declassifiers),
        *_actions(old.actions, new.actions),
        *_retention(old.retention, new.retention),
    )


def _detectors(old: Mapping[str, Label], new: Mapping[str, Label]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        was, now = _raise_of(old, name), _raise_of(new, name)
        if was != now:
            yield Change(
                not covers(now, was),
                f"A finding of {name} now raises to {described(now)} instead of {described(was)}.",
            )


def _looked_for(old: Policy, new: Policy) -> Iterator[Change]:
    """A source without a row before was the top: what it opens, its label says."""
    for name in sorted(old.sources.keys() & new.sources.keys()):
        was, now = (one.detect.get(name, CATEGORIES) for one in (old, new))
        if was - now:
            gone = listed(sorted(was - now))
            yield Change(True, f"What comes from {name} is no longer looked through for {gone}.")
        if now - was:
            more = listed(sorted(now - was))
            yield Change(False, f"What comes from {name} is now looked through for {more}, too.")


def _raise_of(rules: Mapping[str, Label], name: str) -> Label:
    """Without a row a type goes by its category, which may be any; a category has the top."""
    if name in rules:
        return rules[name]
    return TOP if name.islower() else join_all(rules[one] for one in rules if one.islower())


def _declassifiers(
    old: Mapping[str, DeclassifierRule], new: Mapping[str, DeclassifierRule]
) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        was, now = _power(old.get(name)), _power(new.get(name))
        if was != now:
            widens = now is not None and (was is None or not now.within(was))
            yield Change(widens, f"The declassifier {name} {_told(now)}.")


class _Power(NamedTuple):
    """What an approved declassifier may do."""

    rule: DeclassifierRule

    def within(self, other: _Power) -> bool:
        """Whether it may do nothing that the other may not, on no lesser proof."""
        mine, theirs = self.rule, other.rule
        return (
            mine.categories <= theirs.categories
            and mine.types >= theirs.types
            and mine.highest <= theirs.highest
            and mine.lowest >= theirs.lowest
            and mine.never >= theirs.never
            and mine.recall >= theirs.recall
        )


def _power(rule: DeclassifierRule | None) -> _Power | None:
    return _Power(rule) if rule is not None and rule.approved else None


def _told(power: _Power | None) -> str:
    if power is None:
        return "may no longer lower anything"
    rule = power.rule
    return (
        f"may now take {listed(sorted(rule.categories))} from data up to {rule.highest.name} and"
        f" leave it {rule.lowest.name}, with a measured recall of {rule.recall} or more; it never"
        f" touches {listed(sorted(rule.never))}"
    )


def _actions(old: Mapping[str, ActionRule], new: Mapping[str, ActionRule]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        if now is None:
            yield Change(False, f"Nothing may set off {name} any more.")
        elif was != now:
            stricter = (
                was is not None
                and now.integrity <= was.integrity
                and now.approvals >= was.approvals
            )
            yield Change(
                not stricter,
                f"{name} may now be set off by {now.integrity.name} data,"
                f" {_once_agreed(now.approvals)}.",
            )


def _once_agreed(people: int) -> str:
    if people == 0:
        return "and nobody is asked"
    return "once somebody agrees" if people == 1 else f"once {people} people agree"


def _retention(old: Mapping[str, int], new: Mapping[str, int]) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        if was != now:
            longer = now is None or (was is not None and now > was)
            kept = "until somebody erases it" if now is None else f"for {now} days"
            yield Change(longer, f"The sink {name} now keeps what it has {kept}.")
