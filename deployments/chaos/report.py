"""What was played, how long it took to be well again, and which invariants held."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from deployments.chaos.audit import Verdict
from deployments.chaos.invariant import Invariant

_HELD = "places of the gateway, engines of no replica"
_NAME = re.compile(r"chaos-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Played:
    """One fault; `at_s` from the beginning, `back_s` until every sort of request was answered.

    `broken` says what did not hold right after it.
    """

    fault: str
    at_s: float
    back_s: float
    detail: str
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class ChaosReport:
    """`invariants` are all that was looked at, `ledger` is what verifying it said."""

    seed: int
    seconds: float
    played: Sequence[Played]
    verdict: Verdict
    ledger: Mapping[str, Any]
    invariants: Sequence[Invariant]

    @property
    def faults(self) -> list[str]:
        """Every sentence about what does not hold."""
        return [fault for one in self.invariants for fault in one.faults]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json` and the report's file."""
        plain = asdict(self)
        plain["verdict"].pop("invariants")
        plain["invariants"] = [one.as_dict() for one in self.invariants]
        return {"ok": not self.faults, **plain, "broken": self.faults}


def grouped(sentences: Sequence[str]) -> list[str]:
    """Sentences that say the same of many requests, once, with their count."""
    counts = Counter(_NAME.sub("a request", one) for one in sentences)
    return [text if count == 1 else f"{count} times: {text}" for text, count in counts.items()]


def invariants(
    played: Sequence[Played], verdict: Verdict, ledger: Mapping[str, Any], left: Sequence[str]
) -> list[Invariant]:
    """All that must hold after these faults; `left` is what stayed that should have gone."""
    bad = [] if ledger["ok"] else [f"the ledger does not hold: {ledger['first_bad']}"]
    return [
        Invariant(
            "every fault does what it says, and is got over",
            _recovered(played),
            [f"{one.fault}: {one.broken}" for one in played if one.broken is not None],
            proved=bool(played),
        ),
        *verdict.invariants,
        Invariant("the ledger holds", f"{ledger['records']} records", bad),
        Invariant(
            "nothing is held that nobody waits for",
            "places of the gateway, engines of no replica",
            list(left),
        ),
    ]


def _recovered(played: Sequence[Played]) -> str:
    back = sorted(one.back_s for one in played)
    if not back:
        return "no fault"
    return f"{len(back)} faults, {back[len(back) // 2]} s in the median, {back[-1]} s at most"
