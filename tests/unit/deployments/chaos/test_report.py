"""The report names what does not hold, and is content only when something was proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from deployments.chaos.audit import Verdict
from deployments.chaos.invariant import Invariant
from deployments.chaos.report import ChaosReport, Played, grouped, invariants

GOOD: dict[str, Any] = {"ok": True, "first_bad": None, "records": 9}
SENT = Invariant("nothing is sent twice", "2 sent")
VERDICT = Verdict(
    requests=9, acknowledged=5, answered_outside=2, sends=2, intents=2, refused_for_budget=1,
    slowest_s=1.0, codes={}, spent={}, invariants=[SENT],
)  # fmt: skip
PLAYED = Played("kill State", 1.0, 2.0, "pid 7")


def report(
    played: Sequence[Played] = (PLAYED,),
    verdict: Verdict = VERDICT,
    ledger: dict[str, Any] = GOOD,
    left: Sequence[str] = (),
) -> ChaosReport:
    found = invariants(played, verdict, ledger, left)
    return ChaosReport(7, 1.0, played, verdict, ledger, found)


def test_what_holds_has_nothing_to_tell() -> None:
    found = report()
    assert (found.faults, found.as_dict()["ok"]) == ([], True)
    assert [one["holds"] for one in found.as_dict()["invariants"]] == [True] * 4


def test_each_thing_that_does_not_hold_is_named() -> None:
    worse = replace(PLAYED, broken="It did not come back within 180 s; see the logs.")
    verdict = replace(VERDICT, invariants=[replace(SENT, broken=["chaos-1: 2 sends, 1 intents"])])
    bad = {"ok": False, "first_bad": {"seq": 3, "why": "is missing"}, "records": 2}
    found = report([worse], verdict, bad, ["an engine runs on"])
    assert [one.split()[0] for one in found.faults] == ["kill", "chaos-1:", "the", "an"]
    assert not any(one["holds"] for one in found.as_dict()["invariants"])


def test_an_invariant_for_which_nothing_came_by_is_not_proved() -> None:
    assert report(played=()).faults == [
        "every fault does what it says, and is got over: nothing came by that could prove it"
    ]
    unproved = replace(VERDICT, invariants=[replace(SENT, proved=False)])
    assert "nothing came by" in report(verdict=unproved).faults[0]


def test_the_same_of_many_requests_is_said_once() -> None:
    names = [f"chaos-{number:032x}: 500 x" for number in range(3)]
    assert grouped([*names, "an engine runs on"]) == [
        "3 times: a request: 500 x", "an engine runs on"
    ]  # fmt: skip
