"""The labels over which two policies are compared: one for each way they could differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations, product

from models.errors import InvalidConfig
from router.label import ALL_CATEGORIES, Clearance, Integrity, Label, Level
from router.policy import Policy
from router.policy_subject import Subject

MOST = 50_000
ELSEWHERE = "elsewhere"
_Names = frozenset[str]


def labels(policies: Sequence[Policy], cards: Iterable[Subject]) -> tuple[Label, ...]:
    """Enough labels to see every difference in what the policies let through.

    Categories that no policy and no card tells apart are tried together, all or one of them.
    Raises InvalidConfig when the policies name too many different things to try them all.
    """
    regions = list(_regions(policies, cards))
    categories = list(_category_sets(policies, cards))
    tenants = [frozenset[str](), *({name} for name in _tenants(policies))]
    if len(regions) * len(categories) * len(tenants) * 12 > MOST:
        raise InvalidConfig(
            "The policies name too many regions, categories and tenants to be compared; change"
            " less at a time."
        )
    return tuple(
        Label(level, one, integrity, frozenset(tenant), region)
        for level, integrity, one, tenant, region in product(
            Level, Integrity, categories, tenants, regions
        )
    )


def _category_sets(policies: Sequence[Policy], cards: Iterable[Subject]) -> Iterator[_Names]:
    groups = _alike(policies, cards)
    choices = [_choices(group) for group in groups]
    for picked in product(*choices):
        yield frozenset(chain.from_iterable(picked))


def _choices(group: Sequence[str]) -> list[_Names]:
    whole = [frozenset[str](), frozenset(group)]
    return whole if len(group) == 1 else [*whole, frozenset(group[:1])]


def _alike(policies: Sequence[Policy], cards: Iterable[Subject]) -> list[list[str]]:
    """The known categories, grouped by where they are named."""
    sets = list(_named_sets(policies, cards))
    known = sorted(ALL_CATEGORIES.union(*sets))
    groups: dict[tuple[bool, ...], list[str]] = {}
    for name in known:
        groups.setdefault(tuple(name in one for one in sets), []).append(name)
    return list(groups.values())


def _named_sets(policies: Sequence[Policy], cards: Iterable[Subject]) -> Iterator[_Names]:
    for card in cards:
        if card.clearance.categories != "all":
            yield frozenset(card.clearance.categories)
    for policy in policies:
        for clearance in _clearances(policy):
            if clearance.categories is not None:
                yield clearance.categories
        for rule in policy.deny:
            yield rule.when.categories or frozenset()
            yield from (source.categories for source in rule.when.sources or ())


def _clearances(policy: Policy) -> Iterator[Clearance]:
    groups: tuple[Mapping[str, Clearance], ...] = (policy.sites, policy.models, policy.sinks)
    for group in groups:
        yield from group.values()


def _tenants(policies: Sequence[Policy]) -> list[str]:
    named: set[str] = set()
    for policy in policies:
        named = named.union(*(rule.when.tenants or () for rule in policy.deny))
    return sorted(named)


def _regions(policies: Sequence[Policy], cards: Iterable[Subject]) -> Iterator[_Names | None]:
    """Everywhere, nowhere, and every set of the regions that are named."""
    yield None
    named = {card.region for card in cards if card.region} | {ELSEWHERE}
    for policy in policies:
        named |= {one.region for one in _clearances(policy) if one.region}
        for rule in policy.deny:
            named |= rule.when.regions or frozenset()
            for source in rule.when.sources or ():
                named |= source.regions or frozenset()
    denying = any(_about_regions(policy) for policy in policies)
    sizes = range(len(named) + 1) if denying else (0, 1)
    for size in sizes:
        yield from map(frozenset, combinations(sorted(named), size))


def _about_regions(policy: Policy) -> bool:
    return any(
        rule.when.regions is not None or any(one.regions for one in rule.when.sources or ())
        for rule in policy.deny
    )
