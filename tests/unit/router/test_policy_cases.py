"""Tables of cases: the shipped policy holds its own, and a changed one is found out."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from models.catalog import builtin_catalog, load_catalog
from models.errors import InvalidConfig
from models.reference import utterances
from router.detect.look import look
from router.label import Level
from router.policy_cases import load_cases, run_cases
from router.policy_catalog import check_catalog
from router.policy_file import default_policy, default_text, load_policy
from router.spoken import digits_written
from tests.tracked import ROOT

TABLES = ROOT / "tests" / "data" / "policy"
CARDS = tuple(load_catalog([builtin_catalog()]))


def test_the_shipped_policy_clears_every_model_of_the_shipped_catalog() -> None:
    check_catalog(default_policy(), CARDS, "policy.yaml")


def test_the_shipped_policy_decides_hundreds_of_cases_as_written() -> None:
    counted = {}
    for kind in ("allowed", "denied"):
        cases = load_cases((TABLES / f"{kind}.yaml").read_bytes(), f"{kind}.yaml")
        outcomes = run_cases(cases, default_policy(), CARDS)
        assert [one.as_dict() for one in outcomes if not one.ok] == []
        counted[kind] = sum(one.got == kind for one in outcomes)
    assert min(counted.values()) >= 200


def test_requests_with_real_text_are_decided_as_written() -> None:
    """Nothing harmless is refused, and nothing personal passes; both tables side by side."""
    counted = {}
    for kind in ("allowed", "denied"):
        name = f"requests_{kind}.yaml"
        outcomes = run_cases(
            load_cases((TABLES / name).read_bytes(), name), default_policy(), CARDS
        )
        counted[kind] = [sum(one.got == kind for one in outcomes), len(outcomes)]
        assert [(one.case.text, one.got) for one in outcomes if not one.ok] == []
    assert counted == {"allowed": [38, 38], "denied": [25, 25]}


@pytest.mark.parametrize("written", [str, digits_written])
def test_what_callers_of_the_reference_world_ask_is_not_raised(
    written: Callable[[str], str],
) -> None:
    policy, rng, raised = default_policy(), random.Random(20261128), 0
    for _ in range(300):
        text = utterances.sample(rng).text
        label = policy.source("user").join(policy.raises("user").label(look(written(text))))
        raised += label.level > Level.INTERNAL and "customer number" not in text
    assert raised == 0
    assert policy.raises("user").label(look("I am C-1042.")).level is Level.CONFIDENTIAL


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        (
            "requests_denied",
            b"pii:    {level: CONFIDENTIAL, categories: [pii]}",
            b"pii:    {level: INTERNAL, categories: [pii]}\n    EMAIL:  {level: INTERNAL}",
        ),
        ("requests_denied", b"detect: [pci, phi, secret, taint]", b"detect: [secret]"),
        ("requests_allowed", b", detect: [pci, phi, secret, taint]", b""),
        (
            "requests_allowed",
            b"    ORDER:  {level: INTERNAL}",
            b"    ORDER:  {level: CONFIDENTIAL, categories: [pii]}",
        ),
        ("denied", b"openai:     {level: INTERNAL", b"openai:     {level: RESTRICTED"),
        ("denied", b"traces:    {level: PUBLIC", b"traces:    {level: INTERNAL"),
        ("denied", b"crm_write: {integrity: USER", b"crm_write: {integrity: UNTRUSTED"),
        ("allowed", b"memory:    {level: CONFIDENTIAL", b"memory:    {level: INTERNAL"),
        ("allowed", b"deny: {}", b"deny: {x: {when: {source: [user]}, models: [chatgpt]}}"),
    ],
)
def test_a_policy_that_decides_otherwise_fails_its_table(
    table: str, old: bytes, new: bytes
) -> None:
    assert old in default_text()
    changed = load_policy(default_text().replace(old, new, 1))
    cases = load_cases((TABLES / f"{table}.yaml").read_bytes(), table)
    assert any(not one.ok for one in run_cases(cases, changed, CARDS))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("cases: []", "cases"),
        ("cases: [{source: user, expect: allowed}]", "cases.0"),
        ("cases: [{source: user, model: m, sink: s, expect: allowed}]", "cases.0"),
        ("cases: [{model: m, expect: allowed}]", "cases.0"),
        ("cases: [{source: user, model: m, expect: maybe}]", "cases.0.expect"),
        ("cases: [{source: user, model: m, expect: allowed, why: x}]", "cases.0.why"),
    ],
)
def test_a_wrong_table_is_refused_with_its_field(text: str, field: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        load_cases(text.encode(), "cases.yaml")
    assert caught.value.param == field


def test_a_model_nobody_knows_is_refused_and_a_free_choice_is_none() -> None:
    cases = load_cases(b"cases: [{source: crm, model: auto, expect: allowed}]", "cases.yaml")
    (outcome,) = run_cases(cases, default_policy(), CARDS)
    assert (outcome.ok, outcome.answer.decision) == (True, "local_only")
    with pytest.raises(InvalidConfig):
        run_cases(
            load_cases(b"cases: [{source: crm, model: ghost, expect: denied}]", "c"),
            default_policy(), CARDS,
        )  # fmt: skip
