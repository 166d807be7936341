"""What a change of policy means, worked out from what it lets through and not from its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from router.label import Label
from router.policy import Policy
from router.policy_diff_rules import Change, changed_rules
from router.policy_places import Place, model_place, names, sink_place, strangers
from router.policy_rules import covers
from router.policy_space import labels
from router.policy_subject import Subject
from router.policy_words import data, described, listed


@dataclass(frozen=True, slots=True)
class PolicyDiff:
    """Sentences: what a new policy newly allows, and what it no longer does."""

    widening: tuple[str, ...]
    narrowing: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether both policies decide alike."""
        return not self.widening and not self.narrowing


def diff(old: Policy, new: Policy, cards: Iterable[Subject] = ()) -> PolicyDiff:
    """What changes from `old` to `new` for every source, model and sink; exact over labels.

    `cards` is the catalog; sites and models that only the policies name are compared as well.
    Raises InvalidConfig when the policies name too many things to try every label.
    """
    listed_cards = list(cards)
    subjects = [*listed_cards, *strangers((old, new), listed_cards)]
    every = labels((old, new), subjects)
    places = [*map(model_place, subjects), *map(sink_place, sorted({*old.sinks, *new.sinks}))]
    changes = (*_sources(old, new, places), *changed_rules(old, new))
    opened = _flows(old, new, places, every, listed_cards)
    closed = _flows(new, old, places, every, listed_cards)
    return PolicyDiff(
        widening=(
            *(f"This newly lets {one}." for one in opened),
            *(one.sentence for one in changes if one.widens),
        ),
        narrowing=(
            *(f"This no longer lets {one}." for one in closed),
            *(one.sentence for one in changes if not one.widens),
        ),
    )


def _flows(
    before: Policy,
    after: Policy,
    places: Sequence[Place],
    every: Sequence[Label],
    cards: Sequence[Subject],
) -> Iterator[str]:
    """`customer audio reach claude`, for every label that passes into a place it did not."""
    said: dict[tuple[str, str], list[Place]] = {}
    for place in places:
        gained = [x for x in every if place.passes(after, x) and not place.passes(before, x)]
        for least in _least(gained):
            said.setdefault((data(least), _up_to(least, gained)), []).append(place)
    for (what, up_to), where in said.items():
        found = names(where, cards)
        if found:
            yield f"{what} reach {listed(found)}{up_to}"


def _up_to(least: Label, gained: Sequence[Label]) -> str:
    highest = max(one.level for one in gained if one.categories == least.categories)
    return f", up to {highest.name}" if highest > least.level else ""


def _least(gained: Sequence[Label]) -> list[Label]:
    """The labels that all the others cover."""
    found: list[Label] = []
    for label in sorted(gained, key=_height):
        if not any(covers(label, other) for other in found):
            found.append(label)
    return found


def _height(label: Label) -> tuple[int, ...]:
    """Rises with the label, whichever part of it does."""
    confined = 0 if label.regions is None else 1000 - len(label.regions)
    parts = (len(label.categories), label.level, label.integrity, len(label.tenants), confined)
    return (sum(parts), *parts)


def _sources(old: Policy, new: Policy, places: Sequence[Place]) -> Iterator[Change]:
    for name in sorted({*old.sources, *new.sources}):
        was, now = old.source(name), new.source(name)
        opened = [p for p in places if p.passes(new, now) and not p.passes(old, was)]
        closed = [p for p in places if p.passes(old, was) and not p.passes(new, now)]
        if names(opened):
            said = f"This newly lets what comes from {name} reach {listed(names(opened))}."
            yield Change(True, said)
        if names(closed):
            said = f"This no longer lets what comes from {name} reach {listed(names(closed))}."
            yield Change(False, said)
        if was != now:
            # A source that had no row was the top and nothing joined to it could pass: only what
            # it reaches itself can widen.
            fell = not covers(now, was) and (name in old.sources or bool(opened))
            label = f"{described(now)} instead of {described(was)}"
            yield Change(fell, f"What comes from {name} is now {label}.")
