"""Everything data must pass to reach one model, worked out once a model and policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from router.label import Clearance, Label, Level
from router.policy_rules import DenyRule
from router.policy_subject import LOCAL, Subject

Rule = tuple[str, Clearance]


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether a model may receive a label; `rule` names the line of policy.yaml that decided."""

    ok: bool
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hurdles:
    """Denials first, then clearances; `all_at_once` is what clears them all, where one can say."""

    deny: tuple[DenyRule, ...]
    clearances: tuple[Rule, ...]
    all_at_once: Clearance | None
    cleared: Eligibility

    def judge(self, label: Label, now: float | None) -> Eligibility:
        """The first rule that keeps the data back, or leave to pass."""
        for rule in self.deny:
            if rule.when.holds(label):
                return Eligibility(False, f"deny.{rule.name}", "an explicit rule denies it")
        if self.all_at_once is not None and label.flows_to(self.all_at_once, now):
            return self.cleared
        for name, clearance in self.clearances:
            obstacle = label.obstacle(clearance, now)
            if obstacle is not None:
                return Eligibility(False, f"{name}.{obstacle}", _reason(obstacle, label, clearance))
        return self.cleared


def hurdles(
    model: Subject,
    sites: Mapping[str, Clearance],
    models: Mapping[str, Clearance],
    deny: Iterable[DenyRule],
) -> Hurdles | None:
    """What stands before a model; None where its site has no clearance at all."""
    site = sites.get(model.site)
    if site is None:
        return None
    local = model.site == LOCAL
    rules: list[Rule] = [(f"sites.{model.site}", _at(site, model))]
    if model.id in models:
        rules.append((f"models.{model.id}", _at(models[model.id], model)))
    card = model.clearance
    categories = None if card.categories == "all" else frozenset(card.categories)
    rules.append((f"catalog.{model.id}", Clearance(Level[card.level], categories)))
    return Hurdles(
        tuple(rule for rule in deny if rule.concerns(model.id, model.site, local=local)),
        tuple(rules),
        _meet([clearance for _, clearance in rules]),
        Eligibility(True, f"sites.{model.site}", "cleared"),
    )


def _at(clearance: Clearance, model: Subject) -> Clearance:
    """The clearance at a remote model's own region; one that names no region is in none."""
    if clearance.region is not None or model.site == LOCAL:
        return clearance
    return replace(clearance, region=model.region or "unknown")


def _meet(clearances: list[Clearance]) -> Clearance | None:
    """One clearance as strict as all of them; None where they name different regions."""
    regions = {one.region for one in clearances} - {None}
    if len(regions) > 1:
        return None
    return Clearance(
        level=min(one.level for one in clearances),
        categories=_common([one.categories for one in clearances]),
        integrity=min(one.integrity for one in clearances),
        tenants=_common([one.tenants for one in clearances]),
        region=next(iter(regions), None),
    )


def _common(groups: list[frozenset[str] | None]) -> frozenset[str] | None:
    named = [group for group in groups if group is not None]
    return frozenset.intersection(*named) if named else None


def _reason(obstacle: str, label: Label, clearance: Clearance) -> str:
    if obstacle == "level":
        return f"data of level {label.level.name} is above {clearance.level.name}"
    if obstacle == "categories":
        above = sorted(label.categories - (clearance.categories or frozenset()))
        return f"data of category {', '.join(above)} is not cleared"
    if obstacle == "tenants" and len(label.tenants) > 1:
        return "data of more than one tenant is quarantined"
    return f"the data's {obstacle} are not cleared"
