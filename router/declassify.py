"""Declassifiers: the only way a label ever falls, and only as far as the policy lets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from router.label import Label
from router.policy import Policy, Subject
from router.policy_rules import DeclassifierRule


class Declassifier(Protocol):
    """A redactor, as far as deciding goes; the work on the text is done after the decision."""

    @property
    def name(self) -> str:
        """Its name in policy.yaml."""

    def applies(self, label: Label) -> Label | None:
        """The label its output would have, None when it can't work on such data."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that may be asked once a declassifier has done its work; `label` is what is left."""

    declassifier: str
    model: str
    label: Label


@dataclass(frozen=True, slots=True)
class ByRule:
    """A declassifier that does to a label all that its rule in the policy allows."""

    rule: DeclassifierRule

    @property
    def name(self) -> str:
        """Its name in policy.yaml."""
        return self.rule.name

    def applies(self, label: Label) -> Label | None:
        """The least label its rule leaves."""
        return self.rule.lowered(label)


def offers(
    label: Label,
    models: Iterable[Subject],
    policy: Policy,
    declassifiers: Iterable[Declassifier],
    up: Callable[[str], bool],
    now: float | None = None,
) -> tuple[Offer, ...]:
    """Which approved declassifier would let which model be asked; the decision is made again."""
    cards = list(models)
    made: list[Offer] = []
    for one in declassifiers:
        proposed = one.applies(label)
        left = None if proposed is None else policy.declassified(one.name, label, proposed)
        if left is not None:
            made += [
                Offer(one.name, card.id, left)
                for card in cards
                if policy.eligible(card, left, now).ok and up(card.id)
            ]
    return tuple(made)
