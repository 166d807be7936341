"""The judgement finds each broken invariant, and lets the same pass where it holds."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from deployments.chaos.audit import Window, judge
from deployments.chaos.load import Outcome
from deployments.home import Home
from deployments.ledger import open_ledger
from deployments.open_home import open_home
from router.ledger.record import Record

NAME = f"chaos-{'a' * 32}"
OUTSIDE = Outcome(NAME, "outside", "large", 200, None, 12, "x", 0.5, None, at=100.0)
REFUSED = replace(OUTSIDE, id="chaos-refused", status=429, code="budget_exceeded", tokens=0)
LIMITS = {"large": 1000}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One request that was written down, sent once, and answered."""
    home = open_home(tmp_path / "home")
    with closing(open_ledger(home)) as ledger:
        ledger.note(Record("egress.intent", "chaos", 1.0, {}, request_id=NAME))
        ledger.note(Record("admin", "chaos", 1.0, {"act": "key_created", "key_id": "k1"}))
    capture(home, 1)
    return home


def capture(home: Home, times: int) -> None:
    body = {"messages": [{"role": "user", "content": f"Say {NAME}"}], "max_tokens": 8}
    line = json.dumps({"method": "POST", "body": json.dumps(body)})
    (home.run / "stub.jsonl").write_text(f"{line}\n" * times)


def test_what_holds_passes(home: Home) -> None:
    act = replace(OUTSIDE, id="chaos-act", asked="act", status=201, made="k1", tokens=0)
    stored = replace(OUTSIDE, id="chaos-doc", asked="document", tokens=0)
    documents = frozenset({"chaos-doc.txt"})
    asked = [OUTSIDE, act, stored, REFUSED]
    verdict = judge(home.path, asked, LIMITS, documents=documents)
    assert (verdict.faults, verdict.acknowledged, verdict.sends) == ([], 3, 1)
    told = [one.evidence for one in verdict.invariants]
    assert told[1:] == [
        "1 keys, 1 documents, 1 answers from outside",
        "1 sent, 1 written down before",
        "12 of 1000; 1 refused for it",
    ]


def test_a_budget_that_refused_nobody_was_not_proved(home: Home) -> None:
    (fault,) = judge(home.path, [OUTSIDE], LIMITS).faults
    assert fault == "no budget is passed: nothing came by that could prove it"


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (replace(OUTSIDE, id="chaos-other"), "has no intent"),
        (replace(OUTSIDE, asked="act", status=201, made="k2"), "key k2 was made"),
        (replace(OUTSIDE, asked="document"), "was stored and is gone"),
        (replace(OUTSIDE, tokens=2000), "2000 told"),
        (replace(OUTSIDE, status=500, fault="<html>"), "500 <html>"),
        (replace(OUTSIDE, status=0, fault="ReadTimeout"), "0 ReadTimeout"),
    ],
)
def test_what_does_not_hold_is_named(home: Home, outcome: Outcome, told: str) -> None:
    found = judge(home.path, [outcome], LIMITS, documents=frozenset()).faults
    assert any(told in fault for fault in found)


def test_sent_twice_is_named(home: Home) -> None:
    capture(home, 2)
    assert judge(home.path, [OUTSIDE, REFUSED], LIMITS).faults == [f"{NAME}: 2 sends, 1 intents"]


def test_the_proxys_own_words_pass_only_while_no_gateway_is_up(home: Home) -> None:
    stored = replace(OUTSIDE, asked="document", at=900.0)
    plain = replace(OUTSIDE, status=500, fault="Internal Server Error", plain=True)
    assert judge(home.path, [stored, REFUSED, plain], LIMITS).faults
    assert judge(home.path, [stored, REFUSED, plain], LIMITS, windows=[Window(200.0, 300.0)]).faults
    assert not judge(
        home.path, [stored, REFUSED, plain], LIMITS, windows=[Window(100.2, 300.0)]
    ).faults
    late = replace(plain, plain=False, fault="ReadTimeout")
    assert judge(home.path, [stored, REFUSED, late], LIMITS, windows=[Window(100.2, 300.0)]).faults
