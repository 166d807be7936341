"""What a change of policy means, in words, and that nothing widens without two approvals."""

from __future__ import annotations

import pytest

from models.errors import InvalidConfig
from router.policy import Policy
from router.policy_catalog import check_catalog, check_sites
from router.policy_change import approvals_block, check_change, missing_approval
from router.policy_diff import PolicyDiff, diff
from router.policy_file import default_policy, default_text, load_policy
from tests.scripted_world import card

TEXT = default_text()
OLD = default_policy()
CARDS = (
    card("mistral"),
    card("claude", site="anthropic", dialect="anthropic", region="us"),
    card("chatgpt", site="openai", dialect="openai_compatible", clearance={"level": "INTERNAL"}),
)
NO_DENIAL = (b"deny: {}", b"deny: {voices: {when: {categories: [legal]}, sites: [local]}}")


def _new(*pairs: tuple[bytes, bytes]) -> Policy:
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return load_policy(text)


def _diff(*pairs: tuple[bytes, bytes]) -> PolicyDiff:
    return diff(OLD, _new(*pairs), CARDS)


@pytest.mark.parametrize(
    ("old", "new", "widening", "narrowing"),
    [
        (b"anthropic:  {level: INTERNAL, categories: []}",
         b"anthropic:  {level: INTERNAL, categories: [customer_audio]}",
         ["This newly lets customer audio reach claude, up to INTERNAL."], []),
        (b"openai:     {level: INTERNAL", b"openai:     {level: CONFIDENTIAL",
         ["This newly lets CONFIDENTIAL data reach models at openai whose catalog row allows it"
          " (not yet chatgpt)."], []),
        (b"cache:     {level: INTERNAL", b"cache:     {level: PUBLIC", [],
         ["This no longer lets INTERNAL data reach the sink cache.",
          *(f"This no longer lets what comes from {name} reach the sink cache."
            for name in ("kb", "model_remote", "tool", "user", "web"))]),
        (*NO_DENIAL, [], ["This no longer lets legal reach mistral, up to RESTRICTED."]),
        (b"retention: {}", b"retention: {runs: {days: 9}}", [],
         ["The sink runs now keeps what it has for 9 days."]),
        (b"run_code:  {integrity: TRUSTED", b"run_code:  {integrity: USER",
         ["run_code may now be set off by USER data, once somebody agrees."], []),
        (b"pii:    {level: CONFIDENTIAL", b"pii:    {level: INTERNAL",
         ["A finding of pii now raises to INTERNAL, pii, TRUSTED instead of CONFIDENTIAL, pii,"
          " TRUSTED."], []),
        (b"kb:           {level: INTERNAL, integrity: TRUSTED",
         b"kb:           {level: INTERNAL, integrity: TRUSTED, detect: [secret, pci, phi]",
         ["What comes from kb is no longer looked through for pii and taint."], []),
        (b"detect: [pci, phi, secret, taint]", b"detect: [pci, phi, pii, secret, taint]", [],
         ["What comes from kb_public is now looked through for pii, too."]),
        (b", detect: [pci, phi, secret, taint]", b"", [],
         ["What comes from kb_public is now looked through for pii, too."]),
        (b"# What may go where.", b"# What goes where.", [], []),
        (b"version: 1", b"version: 2", [], []),
    ],
)  # fmt: skip
def test_a_change_is_said_in_sentences(
    old: bytes, new: bytes, widening: list[str], narrowing: list[str]
) -> None:
    found = _diff((old, new))
    assert list(found.widening) == widening
    assert [one for one in found.narrowing if "no longer lets what comes from crm" not in one] == (
        narrowing
    )
    assert found.same == (not widening and not narrowing)


def test_the_way_back_says_the_opposite() -> None:
    new = _new(NO_DENIAL)
    assert diff(new, OLD, CARDS).widening == (
        "This newly lets legal reach mistral, up to RESTRICTED.",
    )


def test_a_source_that_falls_is_told_by_name() -> None:
    found = _diff((b"crm:          {level: CONFIDENTIAL, integrity: TRUSTED, categories: [pii]}",
                   b"crm:          {level: INTERNAL, integrity: TRUSTED}"))  # fmt: skip
    reach = found.widening[0]
    assert reach.startswith("This newly lets what comes from crm reach claude, ")
    assert "chatgpt" in reach
    assert (
        "What comes from crm is now INTERNAL, TRUSTED instead of CONFIDENTIAL, pii, TRUSTED."
        in (found.widening)
    )


def test_a_declassifier_matters_once_it_is_approved() -> None:
    row = (b"declassifiers: {}", b"declassifiers: {p: {removes: [pii], lowers: {from: CONFIDENTIAL,"
           b" to: INTERNAL}, recall_required: 0.9, recall_measured: 0.95,"
           b" approved: %s}}")  # fmt: skip
    assert _diff((row[0], row[1] % b"false")).same
    assert (
        "p may now take pii from data up to CONFIDENTIAL"
        in _diff((row[0], row[1] % b"true")).widening[0]
    )


def _approved(new: bytes, names: str) -> bytes:
    block = approvals_block(OLD, load_policy(new))
    return new + block.replace("[first approver, second approver]", names).encode()


def test_the_words_that_stand_for_names_are_no_names() -> None:
    new = TEXT.replace(b"anthropic:  {level: INTERNAL", b"anthropic:  {level: CONFIDENTIAL")
    assert missing_approval(OLD, load_policy(_approved(new, "[Ada, Grace]"))) is None
    for names in ("[first approver, second approver]", "[Ada, Second  Approver]"):
        assert "no names" in (missing_approval(OLD, load_policy(_approved(new, names))) or "")


def test_widening_needs_two_different_people_over_this_very_change() -> None:
    wide = TEXT.replace(b"anthropic:  {level: INTERNAL", b"anthropic:  {level: CONFIDENTIAL")
    signed = _approved(wide, "[Ada Lovelace, Grace Hopper]")
    assert check_change(OLD, load_policy(signed), CARDS).widening
    for text, why in (
        (wide, "no `approvals`"),
        (_approved(wide, "[Ada Lovelace, ' ada  LOVELACE ']"), "two different people"),
        (signed.replace(b"CONFIDENTIAL, categories: []", b"RESTRICTED, categories: []"), "changed"),
    ):
        with pytest.raises(InvalidConfig) as caught:
            check_change(OLD, load_policy(text), CARDS)
        assert caught.value.param == "approvals"
        assert why in caught.value.message
    other = load_policy(TEXT + b"# another\n")
    assert "another policy" in str(missing_approval(other, load_policy(signed)))


def test_narrowing_needs_nobody() -> None:
    assert check_change(OLD, _new(NO_DENIAL), CARDS).narrowing


def test_every_model_of_the_catalog_needs_a_clearance_and_every_rule_a_model() -> None:
    check_catalog(OLD, CARDS, "policy.yaml")
    check_sites(OLD, CARDS, "policy.yaml")
    stranger = card("far", site="moon", dialect="openai_compatible")
    for policy, cards, field in (
        (OLD, (*CARDS, stranger), "sites.moon"),
        (_new((b"models: {}", b"models: {nobody: {level: PUBLIC}}")), CARDS, "models.nobody"),
        (_new((b"models: {}", b"models: {claude: {level: RESTRICTED}}")), CARDS, "models.claude"),
        (_new((b"deny: {}", b"deny: {x: {when: {level: PUBLIC}, models: [ghost]}}")), CARDS,
         "deny.x.models"),
    ):  # fmt: skip
        with pytest.raises(InvalidConfig) as caught:
            check_catalog(policy, cards, "policy.yaml")
        assert caught.value.param == field
    with pytest.raises(InvalidConfig):
        check_sites(OLD, (stranger,), "policy.yaml")


def test_what_is_too_intricate_to_compare_is_refused_not_waved_through() -> None:
    names = ", ".join(f"r{n}" for n in range(18))
    rule = f"deny: {{x: {{when: {{regions: [{names}]}}, sites: outside}}}}".encode()
    with pytest.raises(InvalidConfig, match="too many"):
        _diff((b"deny: {}", rule))


def test_a_source_that_loses_a_category_widens_even_if_it_reaches_nothing_new_by_itself() -> None:
    row = b"crm:          {level: CONFIDENTIAL, integrity: TRUSTED, categories: [pii]}"
    found = _diff((row, row.replace(b", categories: [pii]", b"")))
    assert found.widening == (
        "What comes from crm is now CONFIDENTIAL, TRUSTED instead of CONFIDENTIAL, pii, TRUSTED.",
    )
    new = (b"sources:\n", b"sources:\n  deals: {level: RESTRICTED, categories: [legal]}\n")
    assert _diff(new).widening == ()
