"""Whether data may set off an act: the policy's rule, and the place the act writes to."""

from __future__ import annotations

from dataclasses import dataclass

from models.errors import PolicyDenied
from models.tools import ToolCard
from router.label import Label
from router.policy import Policy
from router.policy_rules import Permission

RUNS = "runs"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`permission`, the rule it goes by, how many people must agree, and why not, if denied."""

    permission: Permission
    rule: str
    needed: int = 0
    why: str = ""

    def error(self) -> PolicyDenied:
        """The denial as whoever asked reads it: the rule, no content."""
        return PolicyDenied(
            f"The rule {self.rule} of policy.yaml forbids this act: {self.why}. Give it less of"
            " what it must not depend on, or ask whoever keeps the policy."
        )


def permission(
    policy: Policy, action: str, card: ToolCard | None, label: Label, tenant: str
) -> Verdict:
    """What the policy says of an act of that label, which is that of all in its context.

    What is written to a place is read from it under the label of that source: data of a higher
    label would lose it on the way, so it may not go there. An act that waits is kept among runs.
    """
    rule = f"actions.{action}"
    found = policy.may_act(action, label)
    if found == "deny":
        why = "its data is less trusted than the rule asks for"
        return Verdict("deny", rule, why=why if action in policy.actions else "no rule allows it")
    if card is not None and not policy.source(card.place, tenant).covers(label):
        return Verdict("deny", f"sources.{card.place}",
                       why="its data is labelled above what is read from there")  # fmt: skip
    if found == "needs_approval" and not policy.may_reach(RUNS, label):
        return Verdict("deny", f"sinks.{RUNS}", why="its data may not be kept until people agree")
    needed = policy.actions[action].approvals
    return Verdict(found, rule, needed)
