"""What must be true after the faults: from the ledger, the provider's side and the clients'."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.chaos.invariant import Invariant
from deployments.chaos.load import Outcome

_NAME = re.compile(r"chaos-[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts for the record, and each invariant of what clients asked for."""

    requests: int
    acknowledged: int
    answered_outside: int
    sends: int
    intents: int
    refused_for_budget: int
    slowest_s: float
    codes: Mapping[str, int]
    spent: Mapping[str, tuple[int, int, int]]
    invariants: Sequence[Invariant]

    @property
    def faults(self) -> list[str]:
        """Every sentence about what does not hold."""
        return [fault for one in self.invariants for fault in one.faults]


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end`, in seconds since the epoch, no gateway may have been up."""

    start: float
    end: float

    def covers(self, outcome: Outcome) -> bool:
        """Whether the request was under way at some moment of it."""
        return outcome.at <= self.end and outcome.at + outcome.seconds >= self.start


def judge(
    home: Path,
    outcomes: Sequence[Outcome],
    budgets: Mapping[str, int],
    *,
    documents: frozenset[str] | None = None,
    windows: Sequence[Window] = (),
) -> Verdict:
    """`budgets` are tokens by the name of a key; `documents` are the ids that are stored now.

    In one of the `windows` a closed connection and the proxy's plain text are right answers.
    """
    bodies = _ledger(home)
    intents = Counter(b["request_id"] for b in bodies if b["kind"] == "egress.intent")
    made = {b["fields"]["key_id"] for b in bodies if b["fields"].get("act") == "key_created"}
    sends = _sends(home)
    good = [one for one in outcomes if one.status in (200, 201)]
    kept = [one for one in good if one.asked != "local"]
    slowest = round(max((one.seconds for one in outcomes), default=0.0), 1)
    refused = sum(one.code == "budget_exceeded" for one in outcomes)
    spent = _spent(outcomes, sends, budgets)
    return Verdict(
        requests=len(outcomes),
        acknowledged=len(kept),
        answered_outside=sum(one.asked == "outside" for one in good),
        sends=len(sends),
        intents=sum(intents.values()),
        refused_for_budget=refused,
        slowest_s=slowest,
        codes=dict(Counter(f"{one.status} {one.code or ''}".strip() for one in outcomes)),
        spent=spent,
        invariants=[
            Invariant(
                "every request is answered rightly, or refused by its code, in time",
                f"{len(outcomes)} requests, the slowest {slowest} s",
                _unanswered(outcomes, windows),
                proved=bool(outcomes),
            ),
            Invariant(
                "nothing acknowledged is lost",
                _counted(kept),
                [*_forgotten(outcomes, documents), *_lost(outcomes, intents, made)],
                proved=bool(kept),
            ),
            Invariant(
                "nothing is sent unrecorded, or twice",
                f"{len(sends)} sent, {sum(intents.values())} written down before",
                _doubled(sends, intents),
            ),
            Invariant(
                "no budget is passed",
                f"{_of(spent)}; {refused} refused for it",
                _overspent(spent),
                proved=bool(refused) or not budgets,
            ),
        ],
    )


def _counted(kept: Sequence[Outcome]) -> str:
    words = {"act": "keys", "document": "documents", "outside": "answers from outside"}
    counts = Counter[str](one.asked for one in kept)
    return ", ".join(f"{counts[asked]} {word}" for asked, word in words.items() if counts[asked])


def _of(spent: Mapping[str, tuple[int, int, int]]) -> str:
    return ", ".join(f"{max(told, paid)} of {limit}" for told, paid, limit in spent.values())


def _doubled(sends: Sequence[tuple[str, int]], intents: Mapping[str, int]) -> list[str]:
    return [
        f"{name}: {count} sends, {intents.get(name, 0)} intents"
        for name, count in _names(sends).items()
        if count > intents.get(name, 0)
    ]


def _unanswered(outcomes: Sequence[Outcome], windows: Sequence[Window]) -> list[str]:
    return [
        f"{o.id}: {o.status} {o.fault}"
        for o in outcomes
        if o.fault is not None and not (o.plain and any(one.covers(o) for one in windows))
    ]


def _forgotten(outcomes: Sequence[Outcome], documents: frozenset[str] | None) -> list[str]:
    if documents is None:
        return []
    kept = [f"{o.id}.txt" for o in outcomes if o.asked == "document" and o.status == 200]
    return [f"document {name} was stored and is gone" for name in kept if name not in documents]


def _lost(outcomes: Sequence[Outcome], intents: Mapping[str, int], made: set[str]) -> list[str]:
    lost = [o.id for o in outcomes if o.asked == "outside" and o.status == 200]
    acts = [o.made for o in outcomes if o.asked == "act" and o.status == 201]
    return [
        *(f"{name} was answered and has no intent" for name in lost if not intents.get(name)),
        *(f"key {key} was made and has no record" for key in acts if key not in made),
    ]


def _overspent(spent: Mapping[str, tuple[int, int, int]]) -> list[str]:
    return [
        f"{key}: {told} told and {paid} paid of {limit}"
        for key, (told, paid, limit) in spent.items()
        if max(told, paid) > limit
    ]


def _spent(
    outcomes: Sequence[Outcome], sends: Sequence[tuple[str, int]], budgets: Mapping[str, int]
) -> dict[str, tuple[int, int, int]]:
    """By key: tokens told to its clients, tokens that providers and models counted, its budget."""
    used = Counter[str]()
    for name, tokens in sends:
        used[name] += tokens
    found = {}
    for key, limit in budgets.items():
        mine = [one for one in outcomes if one.key == key and one.asked in ("outside", "local")]
        told = sum(one.tokens for one in mine)
        inside = sum(one.tokens for one in mine if one.asked == "local")
        found[key] = (told, inside + sum(used[one.id] for one in mine), limit)
    return found


def _names(sends: Sequence[tuple[str, int]]) -> Counter[str]:
    return Counter(name for name, _ in sends)


def _sends(home: Path) -> list[tuple[str, int]]:
    """Every request the provider received: whose it was, and the tokens it would bill."""
    capture = home / "run" / "stub.jsonl"
    found = []
    for line in capture.read_text().splitlines() if capture.exists() else ():
        request = json.loads(line)
        name = _NAME.search(request.get("body", ""))
        if request["method"] == "POST" and name is not None:
            found.append((name[0], _billed(json.loads(request["body"]))))
    return found


def _billed(body: Mapping[str, Any]) -> int:
    """As the stub counts: words asked, and words of its one reply, cut at the most wanted."""
    asked = sum(len(str(message["content"]).split()) for message in body["messages"])
    most = body.get("max_completion_tokens") or body.get("max_tokens") or 8
    return asked + min(8, int(most))


def _ledger(home: Path) -> list[dict[str, Any]]:
    with sqlite3.connect(f"file:{home / 'ledger.sqlite'}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT body FROM ledger_records ORDER BY seq").fetchall()
    return [json.loads(row[0]) for row in rows]
