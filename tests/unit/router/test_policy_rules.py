"""The rules beyond clearances: denials, declassifiers and acts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.label import LEAST, TOP, Integrity, Label, Level
from router.policy_file import default_policy, default_text, load_policy
from router.policy_rules import ActionRule, DeclassifierRule, When, covers
from tests.scripted_world import card

PII = Label(Level.CONFIDENTIAL, frozenset({"pii"}))
RULE = DeclassifierRule(
    "pseudonyms", frozenset({"pii"}), highest=Level.CONFIDENTIAL, lowest=Level.INTERNAL,
    never=frozenset({"secret", "phi"}), recall=0.99, measured=0.995, approved=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("when", "meant", "not_meant"),
    [
        (When(level=Level.CONFIDENTIAL), PII, replace(PII, level=Level.INTERNAL)),
        (When(categories=frozenset({"pii", "pci"})), PII, Label(Level.RESTRICTED)),
        (When(tenants=frozenset({"acme"})), Label(tenants=frozenset({"acme"})), PII),
        (When(sources=(PII,)), replace(PII, level=Level.RESTRICTED), Label(Level.RESTRICTED)),
        (
            When(regions=frozenset({"eu", "ch"})),
            Label(regions=frozenset({"eu"})),
            Label(regions=frozenset({"eu", "us"})),
        ),
        (
            When(level=Level.CONFIDENTIAL, categories=frozenset({"pii"})),
            PII,
            replace(PII, categories=frozenset()),
        ),
    ],
)
def test_a_condition_means_some_data_and_not_other(
    when: When, meant: Label, not_meant: Label
) -> None:
    assert when.holds(meant)
    assert not when.holds(not_meant)
    assert when.holds(meant.join(not_meant)) or when.regions
    assert when.holds(TOP)
    assert when.holds(TOP.join(not_meant))


def test_a_denial_of_an_own_category_means_unlabelled_data_too() -> None:
    assert When(categories=frozenset({"own"})).holds(TOP)
    assert not When(categories=frozenset({"own"})).holds(replace(TOP, level=Level.INTERNAL))


def test_a_denial_comes_before_clearances_and_names_itself() -> None:
    model = card("mistral-api", site="mistral", dialect="openai_compatible", region="eu")
    label = Label(Level.INTERNAL)
    text = default_text().replace(
        b"deny: {}", b"deny: {nothing_out: {when: {level: INTERNAL}, sites: outside}}"
    )
    assert default_policy().eligible(model, label).ok
    denied = load_policy(text).eligible(model, label)
    assert (denied.ok, denied.rule) == (False, "deny.nothing_out")
    assert load_policy(text).eligible(card("mistral"), label).ok


def test_a_declassifier_takes_its_categories_and_then_the_level() -> None:
    assert RULE.lowered(PII) == Label(Level.INTERNAL)
    both = replace(PII, categories=frozenset({"pii", "legal"}))
    assert RULE.lowered(both) == replace(both, categories=frozenset({"legal"}))


@pytest.mark.parametrize(
    "label",
    [
        LEAST,
        Label(Level.CONFIDENTIAL, frozenset({"legal"})),
        Label(Level.RESTRICTED, frozenset({"pii"})),
        Label(Level.CONFIDENTIAL, frozenset({"pii", "phi"})),
        TOP,
    ],
)
def test_a_declassifier_leaves_what_is_not_its_own(label: Label) -> None:
    assert RULE.lowered(PII) is not None
    assert RULE.lowered(label) is None


def test_a_declassifier_may_do_no_more_than_its_rule_and_nothing_unapproved() -> None:
    assert RULE.allows(PII, Label(Level.INTERNAL))
    assert RULE.allows(PII, PII)
    for further in (LEAST, replace(PII, categories=frozenset(), level=Level.PUBLIC)):
        assert not RULE.allows(PII, further)
    mistrusted = replace(PII, integrity=Integrity.UNTRUSTED)
    assert not RULE.allows(mistrusted, Label(Level.INTERNAL))
    assert not RULE.allows(replace(PII, regions=frozenset({"eu"})), Label(Level.INTERNAL))
    assert not replace(RULE, approved=False).allows(PII, Label(Level.INTERNAL))


def test_acts_ask_for_trust_and_for_people() -> None:
    write = ActionRule("crm_write", Integrity.USER)
    assert write.permission(Label(integrity=Integrity.USER)) == "needs_approval"
    assert write.permission(Label(integrity=Integrity.UNTRUSTED)) == "deny"
    assert replace(write, approvals=0).permission(Label()) == "allow"
    policy = default_policy()
    assert policy.may_act("mail", policy.source("user")) == "needs_approval"
    assert policy.may_act("mail", policy.source("web")) == "deny"
    assert policy.may_act("launch", Label()) == "deny"


def test_covering_looks_at_everything_that_decides() -> None:
    low = Label(Level.INTERNAL, frozenset({"pii"}), Integrity.USER, frozenset({"a"}),
                frozenset({"eu"}))  # fmt: skip
    assert covers(low, low)
    assert covers(TOP.join(low), low)
    for lower in (
        replace(low, level=Level.PUBLIC),
        replace(low, categories=frozenset()),
        replace(low, integrity=Integrity.TRUSTED),
        replace(low, tenants=frozenset()),
        replace(low, regions=frozenset({"eu", "us"})),
        replace(low, regions=None),
    ):
        assert covers(low, lower)
        assert not covers(lower, low)
