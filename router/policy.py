"""The policy in force: labels of sources, clearances of sites and sinks, and who may see what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from router.label import TOP, Clearance, Label, Level

LOCAL = "local"
UNKNOWN_SOURCE = TOP


class CardClearance(Protocol):
    """A clearance as the catalog writes it down."""

    @property
    def level(self) -> Literal["PUBLIC", "INTERNAL", "CONFIDENTIAL", "RESTRICTED"]:
        """The highest level."""

    @property
    def categories(self) -> Literal["all"] | frozenset[str]:
        """The categories, or every one."""


class Subject(Protocol):
    """What policy asks of a model before it may receive data; a ModelCard is one."""

    @property
    def id(self) -> str:
        """The model's name in catalog and policy."""

    @property
    def site(self) -> str:
        """Where it runs: `local` or the name of a remote site."""

    @property
    def region(self) -> str | None:
        """The region of a remote site; None inside."""

    @property
    def clearance(self) -> CardClearance:
        """What the catalog clears it for; the policy can only narrow it."""


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether a model may receive a label; `rule` names the line of policy.yaml that decided."""

    ok: bool
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of policy.yaml, checked as a whole; `digest` stands on every decision.

    `models` holds clearances narrower than those of the site; both must be met.
    """

    version: int
    digest: str
    sources: Mapping[str, Label]
    sites: Mapping[str, Clearance]
    sinks: Mapping[str, Clearance]
    models: Mapping[str, Clearance] = field(default_factory=dict)

    def source(self, name: str, tenant: str | None = None) -> Label:
        """The label of what comes from a source; an unknown source has the top."""
        label = self.sources.get(name, UNKNOWN_SOURCE)
        return label if tenant is None else label.join(Label(tenants=frozenset({tenant})))

    def eligible(self, model: Subject, label: Label, now: float | None = None) -> Eligibility:
        """Whether `model` may receive data of `label`; asked for every candidate, always."""
        site = self.sites.get(model.site)
        if site is None:
            return Eligibility(
                False, "sites", f"the site {model.site} has no clearance in policy.yaml"
            )
        for rule, clearance in self._rules(model, site):
            obstacle = label.obstacle(clearance, now)
            if obstacle is not None:
                return Eligibility(False, f"{rule}.{obstacle}", _reason(obstacle, label, clearance))
        return Eligibility(True, f"sites.{model.site}", "cleared")

    def _rules(self, model: Subject, site: Clearance) -> Iterator[tuple[str, Clearance]]:
        """Every clearance that must be met: the site's, the policy's own and the catalog's."""
        yield f"sites.{model.site}", _at(site, model)
        if model.id in self.models:
            yield f"models.{model.id}", _at(self.models[model.id], model)
        card = model.clearance
        categories = None if card.categories == "all" else frozenset(card.categories)
        yield f"catalog.{model.id}", Clearance(Level[card.level], categories)

    def may_reach(self, sink: str, label: Label, now: float | None = None) -> bool:
        """Whether data of `label` may be written to a sink; an unknown sink receives nothing."""
        clearance = self.sinks.get(sink)
        return clearance is not None and label.flows_to(clearance, now)


def _at(clearance: Clearance, model: Subject) -> Clearance:
    """The clearance at a remote model's own region; one that names no region is in none."""
    if clearance.region is not None or model.site == LOCAL:
        return clearance
    return replace(clearance, region=model.region or "unknown")


def _reason(obstacle: str, label: Label, clearance: Clearance) -> str:
    if obstacle == "level":
        return f"data of level {label.level.name} is above {clearance.level.name}"
    if obstacle == "categories":
        above = sorted(label.categories - (clearance.categories or frozenset()))
        return f"data of category {', '.join(above)} is not cleared"
    if obstacle == "tenants" and len(label.tenants) > 1:
        return "data of more than one tenant is quarantined"
    return f"the data's {obstacle} are not cleared"
