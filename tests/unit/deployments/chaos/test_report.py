"""The report names what does not hold, and is content only when something was proved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from deployments.chaos.audit import Verdict
from deployments.chaos.report import Played, broken, grouped

GOOD: dict[str, Any] = {"ok": True, "first_bad": None}
VERDICT = Verdict(
    requests=9, acknowledged=5, answered_outside=2, sends=2, intents=2, refused_for_budget=1,
    slowest_s=1.0, codes={}, spent={}, faults=[],
)  # fmt: skip
PLAYED = Played("kill State", 1.0, 2.0, "pid 7")


def test_what_holds_has_nothing_to_tell() -> None:
    assert broken([PLAYED], VERDICT, GOOD, []) == []


def test_each_thing_that_does_not_hold_is_named() -> None:
    worse = replace(PLAYED, broken="It did not come back within 180 s; see the logs.")
    verdict = replace(VERDICT, faults=["chaos-1: 500 x"])
    bad = {"ok": False, "first_bad": {"seq": 3, "why": "is missing"}}
    told = broken([worse], verdict, bad, ["an engine runs on"])
    assert [one.split()[0] for one in told] == ["kill", "chaos-1:", "the", "an"]


def test_a_run_in_which_nothing_was_acknowledged_proves_nothing() -> None:
    assert "nothing was proved" in broken([], replace(VERDICT, acknowledged=0), GOOD, [])[0]


def test_the_same_of_many_requests_is_said_once() -> None:
    names = [f"chaos-{number:032x}: 500 x" for number in range(3)]
    assert grouped([*names, "an engine runs on"]) == [
        "3 times: a request: 500 x", "an engine runs on"
    ]  # fmt: skip
