"""The places where data may arrive, as two policies are compared: models and sinks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from router.label import Label
from router.policy import Policy
from router.policy_subject import LOCAL, Subject
from router.policy_words import listed


@dataclass(frozen=True, slots=True)
class Place:
    """One place and the question whether a policy lets a label into it.

    `site` is set for a model that no catalog row stands for: any other model there.
    """

    name: str
    passes: Callable[[Policy, Label], bool]
    at: str = ""
    site: str | None = None


@dataclass(frozen=True, slots=True)
class AllCleared:
    """The clearance of a card that narrows nothing."""

    level: Literal["RESTRICTED"] = "RESTRICTED"
    categories: Literal["all"] = "all"


@dataclass(frozen=True, slots=True)
class Stranger:
    """A model that is in no catalog."""

    id: str
    site: str
    region: str | None = None
    clearance: AllCleared = AllCleared()


def model_place(card: Subject) -> Place:
    """A model."""
    site = card.site if isinstance(card, Stranger) and not card.id else None
    name = f"models at {card.site} whose catalog row allows it" if site else card.id
    return Place(name, lambda policy, label: policy.eligible(card, label).ok, card.site, site)


def sink_place(name: str) -> Place:
    """A sink."""
    return Place(f"the sink {name}", lambda policy, label: policy.may_reach(name, label))


def strangers(policies: Sequence[Policy], cards: Iterable[Subject]) -> Iterator[Stranger]:
    """A model in no catalog at each site and region, and models that only the policies name."""
    listed = list(cards)
    sites = sorted({site for policy in policies for site in policy.sites})
    regions = sorted({card.region for card in listed if card.region})
    named = {name for policy in policies for name in policy.models}
    named |= {name for policy in policies for rule in policy.deny for name in rule.models}
    for id in ("", *sorted(named - {card.id for card in listed})):
        for site in sites:
            yield Stranger(id, site)
            yield from (Stranger(id, site, one) for one in regions if site != LOCAL)


def names(places: Iterable[Place], cards: Iterable[Subject] = ()) -> list[str]:
    """Each place once; those of no catalog only at a site none of whose own is named.

    `cards` of such a site are said to wait for their catalog row, which clears them for less.
    """
    every = list(places)
    known = {one.at for one in every if one.site is None}
    kept = (_name(one, cards) for one in every if one.site is None or one.site not in known)
    return list(dict.fromkeys(kept))


def _name(place: Place, cards: Iterable[Subject]) -> str:
    here = [card.id for card in cards if card.site == place.site]
    if place.site is None or not here:
        return place.name
    return f"{place.name} (not yet {listed(here)})"
