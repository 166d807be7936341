"""Policy files: old ones stay good, wrong ones are refused with their field, none breaks us."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

import pytest
import yaml

from models.errors import InvalidConfig
from router.detect.raises import DEFAULT_RULES
from router.label import Integrity, Label, Level
from router.policy_file import MAX_BYTES, default_policy, default_text, load_policy
from tests import policy_maker
from tests.unit.router.test_policy import TEXT

NEW = b"""
declassifiers:
  pseudonyms:
    removes: [pii, EMAIL]
    lowers: {from: CONFIDENTIAL, to: INTERNAL}
    never: [phi]
    recall_required: 0.99
    recall_measured: 0.995
    approved: true
deny:
  audio: {when: {categories: [customer_audio]}, sites: outside}
  crm: {when: {source: [crm], level: CONFIDENTIAL}, models: [claude], sites: [remote]}
detectors:
  raises: {CUSTOMER: {level: RESTRICTED}, pii: {level: RESTRICTED, categories: [pii]}}
actions:
  mail: {integrity: TRUSTED, approvals: 2}
retention:
  runs: {days: 30}
"""
GOOD = TEXT + NEW
ODD_BYTES = [b"{", b"]", b": ", b"\n", b"\t", b"&a ", b"*a", b"!!x ", b"\xff", b"\x00",
             b"? ", b"- ", b"%", b"---\n", b"<<: {}\n"]  # fmt: skip


def test_a_file_without_the_new_sections_declassifies_nothing_and_lets_nothing_act() -> None:
    policy = load_policy(TEXT)
    assert (policy.deny, policy.declassifiers, policy.actions) == ((), {}, {})
    assert policy.detectors == DEFAULT_RULES
    assert policy.retention == {}
    assert policy.may_act("mail", Label()) == "deny"


def test_every_section_is_read() -> None:
    policy = load_policy(GOOD)
    rule = policy.declassifiers["pseudonyms"]
    assert (rule.categories, rule.types) == ({"pii"}, {"EMAIL"})
    assert (rule.highest, rule.lowest) == (Level.CONFIDENTIAL, Level.INTERNAL)
    assert rule.never == {"phi", "secret"}
    assert [one.name for one in policy.deny] == ["audio", "crm"]
    assert policy.deny[0].outside
    assert policy.deny[1].when.sources == (policy.source("crm"),)
    assert policy.detectors["CUSTOMER"] == Label(Level.RESTRICTED)
    assert policy.detectors["pii"].level is Level.RESTRICTED
    assert policy.detectors["secret"] == DEFAULT_RULES["secret"]
    assert policy.actions["mail"].integrity is Integrity.TRUSTED
    assert policy.retention == {"runs": 30}


def test_the_meaning_leaves_out_approvals_and_comments_and_the_digest_does_not() -> None:
    plain = load_policy(GOOD)
    signed = load_policy(
        GOOD + f"approvals: {{replaces: {'a' * 64}, change: {'b' * 64}, by: [A, B]}}\n".encode()
    )
    assert signed.meaning == plain.meaning == load_policy(GOOD + b"# a word\n").meaning
    assert signed.digest != plain.digest
    assert load_policy(GOOD.replace(b"days: 30", b"days: 31")).meaning != plain.meaning


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b"raises: {CUSTOMER", b"on_fail: open\n  raises: {CUSTOMER", "detectors.on_fail"),
        (b"{level: RESTRICTED}, pii", b"{}, pii", "detectors.raises.CUSTOMER"),
        (b"level: RESTRICTED, categories: [pii]}}", b"level: RESTRICTED}}",
         "detectors.raises.pii.categories"),
        (b"never: [phi]", b"never: [pii]", "declassifiers.pseudonyms.removes"),
        (b"never: [phi]", b"never: [phy]", "declassifiers.pseudonyms.never"),
        (b"removes: [pii, EMAIL]", b"removes: [secret]", "declassifiers.pseudonyms.removes"),
        (b"removes: [pii, EMAIL]", b"removes: [EMAIL]", "declassifiers.pseudonyms.removes"),
        (b"to: INTERNAL}", b"to: RESTRICTED}", "declassifiers.pseudonyms.lowers"),
        (b"    recall_measured: 0.995\n", b"", "declassifiers.pseudonyms.approved"),
        (b"measured: 0.995", b"measured: 0.98", "declassifiers.pseudonyms.approved"),
        (b"recall_required: 0.99", b"recall_required: 1.5",
         "declassifiers.pseudonyms.recall_required"),
        (b"{categories: [customer_audio]}", b"{categories: [customer_video]}",
         "deny.audio.when.categories"),
        (b"{categories: [customer_audio]}", b"{}", "deny.audio.when"),
        (b"{categories: [customer_audio]}", b"{categories: []}", "deny.audio.when.categories"),
        (b", sites: outside}", b"}", "deny.audio"),
        (b"source: [crm]", b"source: [cmr]", "deny.crm.when.source"),
        (b"sites: [remote]", b"sites: [moon]", "deny.crm.sites"),
        (b"{when: {categories: [customer_audio]}, sites: outside}",
         b"{when: {level: PUBLIC}, sites: [local]}", "deny.audio.sites"),
        (b"mail: {integrity: TRUSTED", b"mail: {integrity: HIGH", "actions.mail.integrity"),
        (b"runs: {days: 30}", b"tape: {days: 30}", "retention.tape"),
        (b"days: 30", b"days: -1", "retention.runs.days"),
        (b"retention:", b"approvals: {replaces: x, change: y, by: [A]}\nretention:",
         "approvals.replaces"),
        (b"retention:", b"retentoin:", "retentoin"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_never_matters_is_refused(
    old: bytes, new: bytes, field: str
) -> None:
    assert old in GOOD
    load_policy(GOOD)
    with pytest.raises(InvalidConfig) as caught:
        load_policy(GOOD.replace(old, new, 1))
    assert caught.value.param == field


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("when: {level: INTERNAL}, sites: outside", "when: {level: RESTRICTED}, sites: [remote]"),
        ("when: {categories: [pii, pci]}, models: [a, b]",
         "when: {categories: [pii]}, models: [a]"),
        ("when: {source: [crm, web]}, sites: outside",
         "when: {source: [crm], tenants: [acme]}, sites: outside"),
    ],
)  # fmt: skip
def test_a_denial_that_an_earlier_one_covers_is_never_reached(first: str, second: str) -> None:
    good = TEXT + f"deny:\n  b: {{{second}}}\n  a: {{{first}}}\n".encode()
    assert len(load_policy(good).deny) == 2
    with pytest.raises(InvalidConfig) as caught:
        load_policy(TEXT + f"deny:\n  a: {{{first}}}\n  b: {{{second}}}\n".encode())
    assert caught.value.param == "deny.b"
    assert "never reached" in caught.value.message


def test_a_model_that_is_cleared_and_denied_everything_is_a_contradiction() -> None:
    cleared = TEXT + b"models: {coder: {level: INTERNAL}}\n"
    load_policy(cleared + b"deny: {never: {when: {level: INTERNAL}, models: [coder]}}\n")
    with pytest.raises(InvalidConfig, match=r"models\.coder clears"):
        load_policy(cleared + b"deny: {never: {when: {level: PUBLIC}, models: [coder]}}\n")


def test_a_file_too_large_is_refused_unread() -> None:
    padding = b"#" * (MAX_BYTES - len(TEXT) - 1) + b"\n"
    assert load_policy(padding + TEXT).version == 1
    with pytest.raises(InvalidConfig, match="at most"):
        load_policy(b"#" * 10_000_000 + b"\n" + TEXT)


def _cuts(ends: Iterable[int]) -> int:
    """How many of the shipped file's beginnings are refused; any other must say the same."""
    whole, said, refused = default_text(), default_policy().meaning, 0
    for end in ends:
        try:
            assert load_policy(whole[:end]).meaning == said, f"{end} bytes are another policy"
        except InvalidConfig:
            refused += 1
    return refused


def test_the_shipped_file_cut_short_is_refused() -> None:
    whole = default_text()
    lines = [at + 1 for at, byte in enumerate(whole) if byte == ord("\n")]
    assert _cuts(lines[-20::2]) >= 8
    assert _cuts([len(whole)]) == 0
    assert _cuts([len(whole) - 3, random.Random(1).randrange(len(whole))]) == 2


@pytest.mark.assurance
def test_the_shipped_file_cut_short_anywhere_is_refused() -> None:
    print(_cuts(range(len(default_text()))), "of", len(default_text()))


def test_no_spoilt_file_breaks_the_loader() -> None:
    assert _fuzz(random.Random(20261122), 60) > 20


@pytest.mark.assurance
def test_no_spoilt_file_of_three_thousand_breaks_the_loader() -> None:
    print(_fuzz(random.Random(20261123), 3_000), "refused of 3000")


def _fuzz(draw: random.Random, count: int) -> int:
    """Files spoilt in text and in structure; how many were refused, each by its proper error."""
    refused = 0
    for _ in range(count):
        text = _spoilt(draw)
        try:
            load_policy(text)
        except InvalidConfig as error:
            refused += 1
            assert error.message
            assert not re.search(r"Traceback|object at 0x", error.message)
    return refused


def _spoilt(draw: random.Random) -> bytes:
    if draw.random() < 0.5:
        return _scratched(draw, bytearray(draw.choice([GOOD, default_text()])))
    data = policy_maker.policy_data(draw)
    _damage(draw, data)
    return yaml.safe_dump(data).encode()


def _scratched(draw: random.Random, text: bytearray) -> bytes:
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(text))
        choice = draw.randrange(5)
        if choice == 0:
            text[at] = draw.randrange(256)
        elif choice == 1:
            del text[at : at + draw.randint(1, 40)]
        elif choice == 2:
            text[at:at] = draw.choice(ODD_BYTES)
        elif choice == 3:
            piece = text[at : at + draw.randint(1, 60)]
            text[at:at] = piece
        else:
            text[at:at] = b"[" * draw.choice([1, 1, 1, 3_000])
    return bytes(text)


def _damage(draw: random.Random, data: dict[str, object]) -> None:
    """Put something odd at a random place of the structure."""
    odd: list[object] = [None, True, -1, 1e308, "", "x" * 500, [], {}, [[]], {"a": {"b": 1}},
                         "\u202e", 10**30, {"level": 3}, {1: 2}, ["pii", 1]]  # fmt: skip
    place: object = data
    while isinstance(place, dict) and place:
        key = draw.choice(list(place))
        if draw.random() < 0.4 or not isinstance(place[key], dict):
            place[key] = draw.choice(odd)
            return
        place = place[key]


def test_a_source_says_what_its_texts_are_looked_through_for() -> None:
    policy = default_policy()
    assert policy.raises("kb_public").only == {"pci", "phi", "secret", "taint"}
    assert policy.raises("kb").only is None and policy.raises("dropbox").only is None
    assert policy.raises().only is None


@pytest.mark.parametrize(
    ("detect", "said"),
    [("[pii]", "always looked for"), ("[]", "always looked for"), ("[names]", "detect"),
     ("pii", "detect")],
)  # fmt: skip
def test_what_is_looked_for_is_checked(detect: str, said: str) -> None:
    text = default_text().decode().replace("[pci, phi, secret, taint]", detect)
    with pytest.raises(InvalidConfig, match=said) as caught:
        load_policy(text)
    assert str(caught.value.param).startswith("sources.kb_public.detect")
