"""What left the cluster in a period: to which model and site, with which label, decided by what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from router.ledger_reader.source import Row, Source, Unreadable
from router.ledger_reader.verify import Anchor, Bad, Verdict, verify_snapshot

# An intent without a result may have left: that is what `unknown` means.
UNKNOWN = "unknown"
_WORST = ("sent", UNKNOWN, "failed")
_SHOWN = (
    *("decision_id", "provider", "model", "site", "step", "label", "policy_digest"),
    *("payload_mac", "bytes", "declassification"),
)
_LOWERED = (
    *("declassifier", "counts", "label_before", "label_after", "decision_id", "policy_digest"),
    *("model", "site", "step"),
)


@dataclass(frozen=True, slots=True)
class Period:
    """Seconds since the epoch, from `start` on and before `end`; None is open."""

    start: float | None = None
    end: float | None = None

    def holds(self, at: float) -> bool:
        """Whether that moment lies in the period."""
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)

    def __str__(self) -> str:
        start = f"from {_time(self.start)}" if self.start is not None else "from the beginning"
        return f"{start} until {_time(self.end)}" if self.end is not None else f"{start} until now"


@dataclass
class _Leaving:
    """One intent, and the results that name it."""

    record: dict[str, Any]
    statuses: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        return next((one for one in _WORST if one in self.statuses), UNKNOWN)

    def as_dict(self) -> dict[str, Any]:
        fields = self.record["fields"]
        named = {name: self.record[name] for name in ("seq", "tenant", "run_id", "request_id")}
        shown = {name: fields.get(name) for name in _SHOWN}
        return {"at": _time(self.record["at"]), **named, **shown, "status": self.status}


@dataclass(frozen=True, slots=True)
class Report:
    """`strays` are the numbers of records that name one that is not there: there must be none.

    A result names its intent, and an intent whose label was lowered names what says so.
    """

    period: Period
    verdict: Verdict
    records: int
    egress: tuple[dict[str, Any], ...]
    strays: tuple[int, ...]
    declassified: tuple[dict[str, Any], ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the ledger holds and accounts for itself: else the counts prove nothing."""
        return self.verdict.ok and not self.strays

    def count(self, status: str) -> int:
        """How many intents ended so."""
        return sum(one["status"] == status for one in self.egress)

    @property
    def left(self) -> bool:
        """Whether anything left or may have left."""
        return self.count("sent") + self.count(UNKNOWN) > 0

    @property
    def statement(self) -> str:
        """The answer in one sentence, with the counts it rests on."""
        if not self.verdict.ok:
            return f"Nothing can be said: the ledger does not hold ({_why(self.verdict)})."
        if self.strays:
            return f"Nothing can be said: {len(self.strays)} records name one that is not there."
        head = self.verdict.head
        rests = (
            f"{self.records} records in the period, {self.verdict.records} in the whole ledger,"
            f" verified up to record {head.seq if head else 0}"
        )
        counts = f"{len(self.egress)} intents to send, {self.count('failed')} of them failed"
        if self.declassified:
            counts += f", {len(self.declassified)} labels lowered"
        if not self.left:
            return f"Nothing left {self.period}: {counts}; {rests}."
        return (
            f"{self.count('sent')} requests left and {self.count(UNKNOWN)} may have left"
            f" {self.period}: {counts}; {rests}."
        )

    def destinations(self) -> list[dict[str, Any]]:
        """Counts and bytes by provider, model and site."""
        found: dict[tuple[str, ...], dict[str, Any]] = {}
        for one in self.egress:
            names = {name: one[name] for name in ("provider", "model", "site")}
            empty = {**names, "intents": 0, "sent": 0, "failed": 0, UNKNOWN: 0, "bytes": 0}
            row = found.setdefault(tuple(map(str, names.values())), empty)
            row["intents"] += 1
            row[one["status"]] += 1
            if one["status"] != "failed" and isinstance(one["bytes"], int):
                row["bytes"] += one["bytes"]
        return [found[key] for key in sorted(found)]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for `--json`."""
        return {
            "ok": self.ok,
            "from": _time(self.period.start),
            "to": _time(self.period.end),
            "left": self.left if self.ok else None,
            "statement": self.statement,
            "records": self.records,
            "intents": len(self.egress),
            "sent": self.count("sent"),
            "failed": self.count("failed"),
            "unknown": self.count(UNKNOWN),
            "destinations": self.destinations(),
            "egress": list(self.egress),
            "declassified": list(self.declassified),
            "strays": list(self.strays),
            "ledger": self.verdict.as_dict(),
        }


def report(
    source: Source, period: Period, secret: bytes | None = None, anchor: Anchor | None = None
) -> Report:
    """Verify the ledger and tell what left, from one and the same snapshot."""
    try:
        with source.open() as snapshot:
            verdict = verify_snapshot(snapshot, secret, anchor)
            if not verdict.ok:
                return Report(period, verdict, 0, (), ())
            return _told(period, verdict, snapshot.records())
    except Unreadable as error:
        verdict = Verdict(0, 0, None, Bad(0, f"unreadable: {error}"))
        return Report(period, verdict, 0, (), ())


def _told(period: Period, verdict: Verdict, rows: Iterable[Row]) -> Report:
    leaving: dict[str, _Leaving] = {}
    lowered: dict[str, dict[str, Any]] = {}
    within: set[str] = set()
    strays: list[int] = []
    records = 0
    for record in _bodies(rows):
        inside = period.holds(record["at"])
        records += inside
        name, named = _names(record)
        if named is not None and named not in leaving and named not in lowered:
            strays.append(record["seq"])
        if record["kind"] == "egress.intent":
            leaving[name] = _Leaving(record)
        elif record["kind"] == "egress.result" and name in leaving:
            leaving[name].statuses.append(str(record["fields"].get("status")))
        elif record["kind"] == "declassification":
            lowered[name] = record
        if inside:
            within.add(name)
    egress = tuple(one.as_dict() for name, one in leaving.items() if name in within)
    declassified = tuple(_lowered(one) for name, one in lowered.items() if name in within)
    return Report(period, verdict, records, egress, tuple(strays), declassified)


def _names(record: dict[str, Any]) -> tuple[str, str | None]:
    """What a record is about, and the earlier record it rests on, if any."""
    if record["kind"] == "egress.result":
        intent = str(record["fields"].get("intent"))
        return intent, intent
    rests_on = record["fields"].get("declassification")
    if record["kind"] == "egress.intent" and rests_on is not None:
        return record["id"], str(rests_on)
    return record["id"], None


def _lowered(record: dict[str, Any]) -> dict[str, Any]:
    named = {name: record[name] for name in ("seq", "id", "tenant", "run_id", "request_id")}
    shown = {name: record["fields"].get(name) for name in _LOWERED}
    return {"at": _time(record["at"]), **named, **shown}


def _bodies(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    for row in rows:
        yield json.loads(str(row.body))


def _time(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _why(verdict: Verdict) -> str:
    bad = verdict.first_bad
    return f"record {bad.seq}: {bad.why}" if bad else ""
