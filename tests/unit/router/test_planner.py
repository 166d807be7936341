"""One request outside any plan: decided on, and again for what a declassifier leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from models.errors import PolicyDenied
from router.decide import RouteDecision
from router.label import Clearance, Label, Level
from router.planner import asked_for, decide_model
from router.policy import Policy
from router.policy_rules import DeclassifierRule
from tests.scripted_world import POLICY, card

PII = Label(Level.CONFIDENTIAL, frozenset({"pii"}))
LOW = Label(Level.INTERNAL)
RULE = DeclassifierRule(
    "pseudonyms",
    frozenset({"pii"}),
    highest=Level.CONFIDENTIAL,
    lowest=Level.INTERNAL,
    recall=0.9,
    measured=0.9,
    approved=True,
)
OUTSIDE = POLICY.sites | {"remote": Clearance(Level.INTERNAL)}
OPEN = replace(POLICY, sites=OUTSIDE, declassifiers={"pseudonyms": RULE})
CARDS = (card("mistral"), card("claude", site="remote", dialect="anthropic"))


@dataclass(frozen=True)
class Redactor:
    """Says what it could leave."""

    left: Label | None = LOW
    name: str = "pseudonyms"

    def applies(self, label: Label) -> Label | None:
        return self.left


def _decided(
    name: str, *able: Redactor, policy: Policy = OPEN, label: Label = PII
) -> RouteDecision:
    return decide_model(
        "dec", asked_for(name), label, CARDS, policy, lambda model: True, declassifiers=able
    )


def test_what_may_leave_as_it_is_is_not_lowered() -> None:
    decision = _decided("claude", Redactor(), label=LOW)
    assert (decision.chosen, decision.declassified) == ("claude", None)


def test_personal_data_is_decided_on_again_for_what_is_left() -> None:
    assert isinstance(_decided("claude").refusal(), PolicyDenied)
    decision = _decided("claude", Redactor())
    assert (decision.chosen, decision.declassified, decision.label) == ("claude", "pseudonyms", LOW)


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (replace(OPEN, declassifiers={}), LOW),
        (replace(OPEN, declassifiers={"pseudonyms": replace(RULE, approved=False)}), LOW),
        (OPEN, None),
        (OPEN, Label()),
    ],
    ids=["no-rule", "not-approved", "can-not", "too-low"],
)
def test_nothing_is_lowered_that_policy_and_redactor_do_not_both_allow(
    policy: Policy, left: Label | None
) -> None:
    assert _decided("claude", Redactor()).chosen == "claude"
    refused = _decided("claude", Redactor(left), policy=policy)
    assert refused.chosen is None and isinstance(refused.refusal(), PolicyDenied)


def test_a_free_choice_stays_inside_where_it_can() -> None:
    decision = _decided("auto", Redactor())
    assert (decision.chosen, decision.declassified) == ("mistral", None)
