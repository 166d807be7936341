"""Walks a ledger from its first record to its head and names the first place that does not hold."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from router.ledger_reader.canonical import (
    FIELDS,
    KINDS,
    SEGMENT_RECORDS,
    VERSION,
    canonical,
    digest,
    first_prev,
    head_mac,
    root_of,
)
from router.ledger_reader.source import HeadRow, Row, SegmentRow, Snapshot, Source, Unreadable


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head that was noted somewhere else at some time."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Bad:
    """The first record at fault; 0 is the head or the beginning."""

    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found; `records` and `segments` count those that hold, `head` is the last of them.

    `authenticated`: the head's MAC was checked with the home's secret. `anchored`: the anchor
    that was given lies on this chain.
    """

    records: int
    segments: int
    head: Anchor | None
    first_bad: Bad | None
    authenticated: bool = False
    anchored: bool = False

    @property
    def ok(self) -> bool:
        """Whether all of it holds."""
        return self.first_bad is None

    def as_dict(self) -> dict[str, Any]:
        """The shape of `podium audit verify --json`."""
        bad = self.first_bad
        return {
            "ok": self.ok,
            "records": self.records,
            "segments": self.segments,
            "head": {"seq": self.head.seq, "hash": self.head.hash} if self.head else None,
            "first_bad": {"seq": bad.seq, "why": bad.why} if bad else None,
            "anchored": self.anchored,
            "authenticated": self.authenticated,
        }


class _Broken(Exception):
    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.bad = Bad(seq, why)


@dataclass
class _Walk:
    """Where the walk has come to."""

    anchor: Anchor | None
    seq: int = 0
    hash: str = ""
    segments: int = 0
    anchored: bool = False
    leaves: list[str] = field(default_factory=list)


def verify(source: Source, secret: bytes | None = None, anchor: Anchor | None = None) -> Verdict:
    """The verdict on a ledger; with `secret`, the home's, its head's MAC is checked as well.

    Without an anchor a ledger whose end was cut off and replaced by an older, once true end
    cannot be told from one that never went on.
    """
    try:
        with source.open() as snapshot:
            return verify_snapshot(snapshot, secret, anchor)
    except Unreadable as error:
        return Verdict(0, 0, None, Bad(0, f"unreadable: {error}"))


def verify_snapshot(
    snapshot: Snapshot, secret: bytes | None = None, anchor: Anchor | None = None
) -> Verdict:
    """The verdict on one moment of a ledger, see `verify`."""
    walk = _Walk(anchor)
    bad: Bad | None = None
    authenticated = False
    try:
        head = snapshot.head()
        authenticated = _check_head(head, secret)
        assert head is not None  # noqa: S101 - _check_head refuses None
        walk.hash = first_prev(str(head.ledger))
        seals = snapshot.segments()
        _follow(walk, snapshot, seals)
        _check_end(walk, head)
        if next(seals, None) is not None:
            raise _Broken(walk.seq, "a segment is sealed that is not full")
    except _Broken as error:
        bad = error.bad
    except Unreadable as error:
        bad = Bad(walk.seq + 1, f"unreadable: {error}")
    last = Anchor(walk.seq, walk.hash) if walk.hash else None
    return Verdict(walk.seq, walk.segments, last, bad, authenticated, walk.anchored)


def _follow(walk: _Walk, snapshot: Snapshot, seals: Iterator[SegmentRow]) -> None:
    _meet_anchor(walk)
    for row in snapshot.records():
        _check_record(walk, row)
        walk.seq += 1
        walk.hash = str(row.hash)
        walk.leaves.append(walk.hash)
        _meet_anchor(walk)
        if walk.seq % SEGMENT_RECORDS == 0:
            _check_seal(walk, seals)


def _meet_anchor(walk: _Walk) -> None:
    if walk.anchor is None or walk.anchor.seq != walk.seq:
        return
    if walk.anchor.hash != walk.hash:
        raise _Broken(walk.seq, "hash is not the anchor's: the chain up to here was rewritten")
    walk.anchored = True


def _check_record(walk: _Walk, row: Row) -> None:
    seq = walk.seq + 1
    if not isinstance(row.seq, int) or row.seq != seq:
        raise _Broken(seq, "record is missing or out of order")
    body = _parsed(seq, row)
    if body["seq"] != seq:
        raise _Broken(seq, "sequence number in the record is another")
    if body["prev"] != walk.hash:
        raise _Broken(seq, "does not follow the record before it")
    if body["id"] != row.id:
        raise _Broken(seq, "id beside the record is another")
    if body["kind"] not in KINDS:
        raise _Broken(seq, "kind is unknown")


def _parsed(seq: int, row: Row) -> dict[str, Any]:
    if not isinstance(row.body, str) or not isinstance(row.hash, str):
        raise _Broken(seq, "is not text")
    try:
        if digest(row.body) != row.hash:
            raise _Broken(seq, "hash does not match the record")
        body = json.loads(row.body)
        same = canonical(body) == row.body
    except (ValueError, RecursionError) as error:
        raise _Broken(seq, "is no JSON") from error
    if not isinstance(body, dict) or not same:
        raise _Broken(seq, "is not in the canonical form")
    if body.get("v") != VERSION:
        raise _Broken(seq, "has a version this Podium does not know")
    if body.keys() != FIELDS or not isinstance(body["fields"], dict):
        raise _Broken(seq, "has not the fields of its version")
    return body


def _check_seal(walk: _Walk, seals: Iterator[SegmentRow]) -> None:
    number = walk.segments + 1
    first = (number - 1) * SEGMENT_RECORDS + 1
    seal = next(seals, None)
    if seal is None or seal.number != number:
        raise _Broken(walk.seq, f"seal of segment {number} is missing")
    if (seal.first, seal.last) != (first, walk.seq) or seal.root != root_of(walk.leaves):
        raise _Broken(walk.seq, f"seal of segment {number} does not match its records")
    walk.segments = number
    walk.leaves.clear()


def _check_head(head: HeadRow | None, secret: bytes | None) -> bool:
    if head is None:
        raise _Broken(0, "there is no head")
    if head.version != VERSION:
        raise _Broken(0, "the ledger has a version this Podium does not know")
    if not isinstance(head.ledger, str) or type(head.seq) is not int:
        raise _Broken(0, "the head is not one")
    if secret is None:
        return False
    due = head_mac(secret, head.ledger, head.seq, str(head.hash))
    if not hmac.compare_digest(due.encode(), str(head.mac).encode()):
        raise _Broken(0, "the head was not written with this home's secret")
    return True


def _check_end(walk: _Walk, head: HeadRow) -> None:
    assert isinstance(head.seq, int)  # noqa: S101 - _check_head refuses anything else
    if head.seq > walk.seq:
        raise _Broken(walk.seq + 1, "record is missing: the head names a later one")
    if head.seq < walk.seq:
        raise _Broken(head.seq + 1, "record was added past the head")
    if head.hash != walk.hash:
        raise _Broken(walk.seq, "hash is not the head's")
    if walk.anchor is not None and walk.anchor.seq > walk.seq:
        raise _Broken(walk.seq + 1, "record is missing: the anchor names a later one")
