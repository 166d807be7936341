"""The whole stack in a network namespace under strace: what reaches for an outside address.

Two witnesses that know nothing of each other: every `connect`, `sendto` and `sendmsg` of every
process, as the kernel was asked for it, and every packet that left for an outside address.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.bound import bound
from tests.serve.network.namespace import NAMESERVER, OUTSIDE, UNSHARE, missing
from tests.serve.network.provider import PORT
from tests.serve.network.trace import Reach, Trace

ROOT = Path(__file__).parents[3]
LIMIT_S = 900.0
PLACE = "203.0.113.9"
# A datagram socket is connected, which asks the kernel for a route, and nothing is sent.
ALLOWED = {
    ("connect datagram", NAMESERVER, 53): "a resolver asks which of its own addresses it would use",
}

pytestmark = [pytest.mark.assurance, pytest.mark.timeout(2 * LIMIT_S)]


@dataclass(frozen=True)
class Traced:
    """One run of the scenario."""

    facts: dict[str, Any]
    calls: list[Reach]
    named: int
    planted: list[Reach]

    def who(self, reach: Reach) -> str:
        """The process behind a call."""
        return str(self.facts["threads"].get(str(reach.tid), "a process that had ended")).strip()


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Traced]:
    """Runs the scenario with remotes `off` or `on`."""
    why = missing()
    if why is not None:
        pytest.skip(why)
    return lambda remote: _run(tmp_path_factory.mktemp(f"network-{remote}"), remote)


def test_with_remotes_off_nothing_reaches_outside(traced: Callable[[str], Traced]) -> None:
    seen = traced("off")
    _probe_works(seen)
    _all_answered(seen, outside=404)
    reached = Counter(one.target for one in seen.calls)
    print(f"\n{seen.named} addresses named, outside: {dict(reached)}")
    assert set(reached) <= set(ALLOWED), [(one, seen.who(one)) for one in seen.calls]
    assert seen.facts["packets"] == [], "a datagram followed"


def test_with_remotes_on_egress_alone_reaches_outside(traced: Callable[[str], Traced]) -> None:
    seen = traced("on")
    _probe_works(seen)
    _all_answered(seen, outside=200)
    calls = [one for one in seen.calls if one.target not in ALLOWED]
    print(f"\n{seen.named} addresses named, outside: {dict(Counter(o.target for o in calls))}")
    assert {one.target for one in calls} >= {("connect stream", OUTSIDE, PORT)}
    assert {(one.address, one.port) for one in calls} == {(OUTSIDE, PORT)}
    assert {seen.who(one).partition(".")[0] for one in calls} == {"ray::ServeReplica:podium:Egress"}
    left = {(one["address"], one["port"]) for one in seen.facts["packets"]}
    # What the provider sends back goes from its port to one of this machine's own.
    assert {address for address, _ in left} == {OUTSIDE}
    assert (OUTSIDE, PORT) in left


def _probe_works(seen: Traced) -> None:
    assert {one.target for one in seen.planted} == {
        ("connect datagram", PLACE, 53),
        ("sendto datagram", PLACE, 53),
        ("sendto datagram", PLACE, 123),
        ("connect stream", PLACE, 443),
    }
    packets = {(one["address"], one["port"]) for one in seen.facts["planted"]}
    assert packets == {(PLACE, 53), (PLACE, 123), (PLACE, 443)}
    assert seen.named > 100, "the stack's own talk on loopback is in the trace"


def _all_answered(seen: Traced, *, outside: int) -> None:
    answers = seen.facts["answers"]
    assert set(answers.pop("outside")) == {outside}
    assert {status for statuses in answers.values() for status in statuses} == {200}, answers
    assert seen.facts["exit_code"] == 0
    _doctor_tells_the_truth(seen.facts)


def _doctor_tells_the_truth(facts: dict[str, Any]) -> None:
    told = [one for one in facts["doctor"] if one["name"] == "listening"]
    assert told, facts["doctor"]
    for address, port in facts["listening"]:
        named = any(f"{address} port {port}" in one["detail"] for one in told)
        assert named, f"doctor does not tell of {address} port {port}"


def _run(folder: Path, remote: str) -> Traced:
    words = [*UNSHARE, sys.executable, "-m", "tests.serve.network.scenario", str(folder), remote]
    done = subprocess.run(
        words,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "NETGUARD_LOG"},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        preexec_fn=bound(),
    )
    assert done.returncode == 0, done.stderr[-4000:] + _end_of(folder / "trace.output")
    trace = Trace()
    with (folder / "trace").open(errors="replace") as lines:
        calls = list(trace.outside(lines))
    planted = list(Trace().outside((folder / "planted").read_text().splitlines()))
    facts = json.loads((folder / "facts.json").read_text())
    return Traced(facts, calls, trace.named, planted)


def _end_of(path: Path) -> str:
    return path.read_text(errors="replace")[-4000:] if path.exists() else ""
