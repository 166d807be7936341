"""Checks of a policy against the catalog: every model has a clearance, every rule a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from models.errors import InvalidConfig
from router.label import Clearance
from router.policy import Policy
from router.policy_fault import Fault
from router.policy_subject import LOCAL, Subject


def check_catalog(policy: Policy, cards: Iterable[Subject], source: str) -> None:
    """Raises InvalidConfig for the first model or rule at fault, naming its field."""
    known = {card.id: card for card in cards}
    for check in (_sites, _rows, _denials, _secrets):
        for fault in check(policy, known):
            raise InvalidConfig(f"{source}: {fault.field}: {fault.why}", param=fault.field)


def check_sites(policy: Policy, cards: Iterable[Subject], source: str) -> None:
    """Raises InvalidConfig when a model that is to run is at a site without a clearance."""
    for fault in _sites(policy, {card.id: card for card in cards}):
        raise InvalidConfig(f"{source}: {fault.field}: {fault.why}", param=fault.field)


def _sites(policy: Policy, known: dict[str, Subject]) -> Iterator[Fault]:
    for card in known.values():
        if card.site not in policy.sites:
            yield Fault(
                f"sites.{card.site}",
                f"the catalog's {card.id} is there, and the site has no clearance; add a row, such"
                " as {level: PUBLIC, categories: []}.",
            )


def _rows(policy: Policy, known: dict[str, Subject]) -> Iterator[Fault]:
    for name, clearance in policy.models.items():
        if name not in known:
            yield Fault(f"models.{name}", "there is no such model in the catalog.")
            continue
        site = policy.sites[known[name].site]
        if _wider(clearance, site):
            yield Fault(
                f"models.{name}",
                f"it clears more than its site {known[name].site}, which has no effect; narrow it"
                " or widen the site.",
            )


def _denials(policy: Policy, known: dict[str, Subject]) -> Iterator[Fault]:
    for rule in policy.deny:
        for name in sorted(rule.models - set(known)):
            yield Fault(f"deny.{rule.name}.models", f"there is no model {name} in the catalog.")


def _secrets(policy: Policy, known: dict[str, Subject]) -> Iterator[Fault]:
    """The row of a model outside must not look as if secrets could go there."""
    for name, clearance in policy.models.items():
        card = known.get(name)
        named = clearance.categories is None or "secret" in clearance.categories
        if card is not None and card.site != LOCAL and named:
            yield Fault(
                f"models.{name}.categories", "a remote model must not be cleared for secret."
            )


def _wider(inner: Clearance, outer: Clearance) -> bool:
    if inner.level > outer.level or inner.integrity > outer.integrity:
        return True
    if outer.categories is None:
        return False
    return inner.categories is None or not inner.categories <= outer.categories
