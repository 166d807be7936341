"""What was played, how long it took to be well again, and which invariants held."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from deployments.chaos.audit import Verdict

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
    """`broken` names every invariant that does not hold, `ledger` what verifying it said."""

    seed: int
    seconds: float
    played: Sequence[Played]
    verdict: Verdict
    ledger: Mapping[str, Any]
    broken: Sequence[str]

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.broken

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for `--json` and the report's file."""
        return {"ok": self.ok, **asdict(self)}


def grouped(sentences: Sequence[str]) -> list[str]:
    """Sentences that say the same of many requests, once, with their count."""
    counts = Counter(_NAME.sub("a request", one) for one in sentences)
    return [text if count == 1 else f"{count} times: {text}" for text, count in counts.items()]


def broken(
    played: Sequence[Played], verdict: Verdict, ledger: Mapping[str, Any], left: Sequence[str]
) -> list[str]:
    """Every sentence about what does not hold; `left` is what stayed that should have gone."""
    held = [] if ledger["ok"] else [f"the ledger does not hold: {ledger['first_bad']}"]
    if not verdict.acknowledged:
        held.append("nothing was acknowledged, so nothing was proved")
    return [
        *(f"{one.fault}: {one.broken}" for one in played if one.broken is not None),
        *verdict.faults,
        *held,
        *left,
    ]
