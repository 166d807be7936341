"""What a sink gets to see of a line: all, the rest without what was found, or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from router.detect.scan import Scan, scan
from router.label import Clearance, Label, Level
from router.live.showing import Showing, voice_label
from router.policy import Policy
from router.policy_file import default_policy

CARD = "four two four two four two four two four two four two four two four two"
TEXT = f"My name is Ann and my card is {CARD}, thank you."
WALL = Clearance(Level.CONFIDENTIAL, frozenset({"pii", "customer_audio"}))
DEAF = Clearance(Level.CONFIDENTIAL, frozenset({"pii"}))


def _policy() -> Policy:
    policy = default_policy()
    return replace(policy, sinks={**policy.sinks, "wall": WALL, "deaf": DEAF})


def _showing(sink: str | None) -> Showing:
    policy = _policy()
    user = policy.source("user", "default")
    return Showing(policy, voice_label(policy, user, "default"), sink)


def _found(text: str = TEXT) -> Scan:
    return scan(text, spoken=True)


def test_a_line_is_labelled_as_voice_whatever_is_said() -> None:
    label = _showing(None).label
    assert label.level is Level.CONFIDENTIAL
    assert {"pii", "customer_audio"} <= label.categories
    assert label.tenants == {"default"}


def test_the_lines_own_client_gets_every_word() -> None:
    shown = _showing(None).show(TEXT, _found())
    assert (shown.text, shown.withheld, shown.redactions) == (TEXT, False, ())
    assert shown.label.level is Level.RESTRICTED
    assert "pci" in shown.label.categories


def test_a_sink_for_voices_gets_the_turn_without_the_card() -> None:
    everything = _showing("runs").show(TEXT, _found())
    assert CARD in everything.text
    shown = _showing("wall").show(TEXT, _found())
    assert shown.text.startswith("My name is Ann and my card is [")
    assert shown.text.endswith("thank you.")
    assert "four two" not in shown.text
    assert sum(count for _, count in shown.redactions) == 1


def test_a_sink_for_voices_gets_harmless_turns_whole() -> None:
    plain = "I want to return my lamp."
    assert _showing("wall").show(plain, _found(plain)).text == plain


@pytest.mark.parametrize("sink", ["deaf", "logs", "nobody"])
def test_a_sink_that_is_not_cleared_for_voices_gets_nothing(sink: str) -> None:
    assert _showing("wall").show("Hello.", _found("Hello.")).text == "Hello."
    shown = _showing(sink).show("Hello.", _found("Hello."))
    assert (shown.text, shown.withheld) == ("", True)


def test_a_scan_that_did_not_end_shows_nothing_outside() -> None:
    torn = Scan((), complete=False)
    assert _showing(None).show(TEXT, torn).text == TEXT
    assert _showing("runs").show(TEXT, torn).text == TEXT
    assert _showing("wall").show(TEXT, torn).withheld


def test_words_go_out_one_by_one_only_where_all_may_be_seen() -> None:
    assert _showing(None).word_by_word
    assert _showing("runs").word_by_word
    assert not _showing("wall").word_by_word
    assert not _showing("nobody").word_by_word


def test_another_tenants_data_is_no_part_of_it() -> None:
    policy = _policy()
    mixed = voice_label(policy, Label(tenants=frozenset({"a"})), "b")
    assert Showing(policy, mixed, None).show("Hello.", _found("Hello.")).text == "Hello."
    assert Showing(policy, mixed, "runs").show("Hello.", _found("Hello.")).withheld
