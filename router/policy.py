"""The policy in force: labels of sources, clearances of sites and sinks, and who may see what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from router.detect.raises import DEFAULT_RULES, Raises
from router.label import TOP, Clearance, Label
from router.policy_hurdles import Eligibility, Hurdles, hurdles
from router.policy_rules import ActionRule, Approvals, DeclassifierRule, DenyRule, Permission
from router.policy_subject import LOCAL, CardClearance, Subject

__all__ = ["LOCAL", "UNKNOWN_SOURCE", "CardClearance", "Eligibility", "Policy", "Subject"]

UNKNOWN_SOURCE = TOP

_Key = tuple[str, str, str | None, str, object]


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of policy.yaml, checked as a whole; `digest` stands on every decision.

    `models` holds clearances narrower than those of the site; both must be met. `detectors` gives
    the label a finding joins in by its type or category; a finding of neither has the top.
    `detect` says for a source which categories are looked for; one not named is looked through for
    all.
    `retention` is in days by sink. `meaning` is the digest of all that the file says but for its
    approvals. What the file leaves out is denied: no declassifier and no action.
    """

    version: int
    digest: str
    sources: Mapping[str, Label]
    sites: Mapping[str, Clearance]
    sinks: Mapping[str, Clearance]
    models: Mapping[str, Clearance] = field(default_factory=dict)
    deny: tuple[DenyRule, ...] = ()
    detectors: Mapping[str, Label] = field(default_factory=lambda: DEFAULT_RULES)
    detect: Mapping[str, frozenset[str]] = field(default_factory=dict)
    declassifiers: Mapping[str, DeclassifierRule] = field(default_factory=dict)
    actions: Mapping[str, ActionRule] = field(default_factory=dict)
    retention: Mapping[str, int] = field(default_factory=dict)
    approvals: Approvals | None = None
    meaning: str = ""
    _hurdles: dict[_Key, Hurdles | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def source(self, name: str, tenant: str | None = None) -> Label:
        """The label of what comes from a source; an unknown source has the top."""
        label = self.sources.get(name, UNKNOWN_SOURCE)
        return label if tenant is None else label.join(Label(tenants=frozenset({tenant})))

    def raises(self, source: str | None = None) -> Raises:
        """What findings do to the label of a text from a source; None is no source of the file."""
        return Raises(self.detectors, None if source is None else self.detect.get(source))

    def eligible(self, model: Subject, label: Label, now: float | None = None) -> Eligibility:
        """Whether `model` may receive data of `label`; asked for every candidate, always."""
        before = self._before(model)
        if before is None:
            return Eligibility(
                False, "sites", f"the site {model.site} has no clearance in policy.yaml"
            )
        return before.judge(label, now)

    def may_reach(self, sink: str, label: Label, now: float | None = None) -> bool:
        """Whether data of `label` may be written to a sink; an unknown sink receives nothing."""
        clearance = self.sinks.get(sink)
        return clearance is not None and label.flows_to(clearance, now)

    def may_act(self, action: str, label: Label) -> Permission:
        """Whether data of `label` may set off an act; one the file does not name is denied."""
        rule = self.actions.get(action)
        return "deny" if rule is None else rule.permission(label)

    def declassified(self, name: str, before: Label, after: Label) -> Label | None:
        """`after`, if the declassifier of that name is approved to make it of `before`."""
        rule = self.declassifiers.get(name)
        return after if rule is not None and rule.allows(before, after) else None

    def _before(self, model: Subject) -> Hurdles | None:
        clearance = model.clearance
        key = (model.id, model.site, model.region, clearance.level, clearance.categories)
        try:
            return self._hurdles[key]
        except KeyError:
            made = hurdles(model, self.sites, self.models, self.deny)
            self._hurdles[key] = made
            return made
