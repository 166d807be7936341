"""What pseudonymising may lower, and all that keeps it from doing so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.label import ALL_CATEGORIES, TOP, Integrity, Label, Level
from router.policy_rules import DeclassifierRule
from router.pseudonyms.declassify import NEVER_TOUCHED, Pseudonymise
from tests.pseudonym_world import RECORD

GOOD = Pseudonymise(complete=True, residual=False, required=0.99, measured=0.995)


def test_it_takes_pii_off_and_lowers_by_one_level_and_keeps_the_rest() -> None:
    label = Label(
        Level.CONFIDENTIAL,
        frozenset({"pii"}),
        Integrity.UNTRUSTED,
        frozenset({"acme"}),
        frozenset({"eu"}),
        frozenset({"C-1"}),
        99.0,
    )
    lowered = GOOD.applies(label)
    assert lowered == replace(label, level=Level.INTERNAL, categories=frozenset())


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, complete=False),
        replace(GOOD, residual=True),
        replace(GOOD, measured=0.98),
        replace(GOOD, measured=None),
    ],
)
def test_without_a_whole_redaction_of_measured_recall_it_does_nothing(bad: Pseudonymise) -> None:
    assert GOOD.applies(RECORD) is not None
    assert bad.applies(RECORD) is None


@pytest.mark.parametrize("category", sorted(NEVER_TOUCHED | {"of-the-site"}))
def test_some_categories_are_never_touched(category: str) -> None:
    assert GOOD.applies(replace(RECORD, categories=RECORD.categories | {category})) is None


@pytest.mark.parametrize("category", sorted(ALL_CATEGORIES - NEVER_TOUCHED - {"pii"}))
def test_beside_another_category_the_level_stays(category: str) -> None:
    label = replace(RECORD, categories=RECORD.categories | {category})
    assert GOOD.applies(label) == replace(label, categories=frozenset({category}))


@pytest.mark.parametrize(
    "label",
    [
        TOP,
        replace(RECORD, level=Level.RESTRICTED),
        replace(RECORD, categories=frozenset()),
        Label(Level.PUBLIC),
    ],
)
def test_what_is_higher_or_holds_no_pii_stays(label: Label) -> None:
    assert GOOD.applies(label) is None


def test_pii_that_was_internal_stays_internal() -> None:
    label = Label(Level.INTERNAL, frozenset({"pii"}))
    assert GOOD.applies(label) == Label(Level.INTERNAL)
    assert GOOD.applies(replace(label, level=Level.PUBLIC)) == Label(Level.PUBLIC)


def test_it_asks_no_more_than_such_a_rule_of_the_policy_allows() -> None:
    rule = DeclassifierRule(
        "pseudonyms",
        frozenset({"pii"}),
        highest=Level.CONFIDENTIAL,
        lowest=Level.INTERNAL,
        never=NEVER_TOUCHED,
        approved=True,
    )
    assert rule.allows(RECORD, GOOD.applies(RECORD) or TOP)
    assert not replace(rule, approved=False).allows(RECORD, GOOD.applies(RECORD) or TOP)
