"""One question to a policy: may this data go to that model, sink or act, and by which rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from router.decide import Card
from router.declassify import ByRule
from router.label import Label
from router.planner import AUTO_PRIVATE
from router.policy import Policy
from router.policy_subject import LOCAL

Decision = Literal["allow", "deny", "local_only", "needs_approval"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the policy says; `declassifier` names the one that must have done its work first.

    `local_only` answers a free choice whose data may go to no model outside. `needs_approval` is a
    declassifier nobody has approved yet, or an act that people must agree to.
    """

    decision: Decision
    rule: str
    reason: str
    declassifier: str | None = None

    @property
    def allowed(self) -> bool:
        """Whether the data may go there."""
        return self.decision in ("allow", "local_only")


def ask_model(policy: Policy, card: Card, label: Label, now: float | None = None) -> Answer:
    """Whether one model may receive data of a label, as it is or declassified."""
    verdict = policy.eligible(card, label, now)
    if verdict.ok:
        return Answer("allow", verdict.rule, verdict.reason)
    if not verdict.rule.startswith("deny."):
        for name, rule in policy.declassifiers.items():
            left = ByRule(rule).applies(label)
            if left is not None and policy.eligible(card, left, now).ok:
                return _declassified(name, rule.approved, verdict.rule)
    return Answer("deny", verdict.rule, verdict.reason)


def _declassified(name: str, approved: bool, rule: str) -> Answer:
    if approved:
        return Answer("allow", f"declassifiers.{name}", f"{rule} holds until {name} has run", name)
    return Answer("needs_approval", f"declassifiers.{name}", f"{name} is not approved", name)


def ask_choice(
    policy: Policy, name: str, cards: Iterable[Card], label: Label, now: float | None = None
) -> Answer:
    """What `auto` or `auto:private` could choose for data of a label."""
    chats = [card for card in cards if card.kind == "chat"]
    inside = [card for card in chats if card.site == LOCAL]
    answers = [ask_model(policy, card, label, now) for card in inside]
    outside = [ask_model(policy, card, label, now) for card in chats if card.site != LOCAL]
    if name != AUTO_PRIVATE and any(one.decision == "allow" for one in outside):
        return next(one for one in [*answers, *outside] if one.decision == "allow")
    for one in answers:
        if one.decision == "allow":
            first = outside[0] if outside else one
            return Answer("local_only", first.rule, first.reason)
    denied = [*answers, *outside]
    return denied[0] if denied else Answer("deny", "catalog", "there is no chat model")


def ask_sink(policy: Policy, sink: str, label: Label, now: float | None = None) -> Answer:
    """Whether data of a label may be written to a sink."""
    clearance = policy.sinks.get(sink)
    if clearance is None:
        return Answer("deny", "sinks", f"the sink {sink} has no clearance in policy.yaml")
    obstacle = label.obstacle(clearance, now)
    if obstacle is None:
        return Answer("allow", f"sinks.{sink}", "cleared")
    return Answer("deny", f"sinks.{sink}.{obstacle}", f"the data's {obstacle} is not cleared")


def ask_action(policy: Policy, action: str, label: Label) -> Answer:
    """Whether data of a label may set off an act."""
    permission = policy.may_act(action, label)
    if permission == "deny":
        reason = f"{label.integrity.name} data may not set off {action}"
        if action not in policy.actions:
            reason = f"the act {action} has no rule in policy.yaml"
        return Answer("deny", f"actions.{action}.integrity", reason)
    rule = f"actions.{action}"
    if permission == "needs_approval":
        return Answer("needs_approval", f"{rule}.approvals", "people must agree first")
    return Answer("allow", rule, "cleared")
