"""A ledger exported as JSON Lines: what it is, its records and segments in order, its head."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from router.ledger_reader.canonical import canonical
from router.ledger_reader.source import HeadRow, Row, SegmentRow, Snapshot, Unreadable

FORMAT = "podium-ledger"
_HEAD = ("version", "ledger", "seq", "hash", "mac")
_SEGMENT = ("number", "first", "last", "root")


class JsonlSource:
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def open(self) -> Iterator[JsonlSnapshot]:
        """The file as it is; it is read once for each question."""
        yield JsonlSnapshot(self._path)


class JsonlSnapshot:
    """As of the port."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def head(self) -> HeadRow | None:
        found = list(self._of("head"))
        if len(found) > 1:
            raise Unreadable("more than one head")
        return HeadRow(*(found[0].get(name) for name in _HEAD)) if found else None

    def records(self) -> Iterator[Row]:
        for line in self._lines():
            record = line.get("record")
            if isinstance(record, dict):
                body = canonical(record)
                yield Row(record.get("seq"), record.get("id"), body, line.get("hash"))

    def segments(self) -> Iterator[SegmentRow]:
        for found in self._of("segment"):
            yield SegmentRow(*(found.get(name) for name in _SEGMENT))

    def _of(self, what: str) -> Iterator[dict[str, Any]]:
        for line in self._lines():
            if isinstance(line.get(what), dict):
                yield line[what]

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            with self._path.open(encoding="utf-8") as file:
                for number, text in enumerate(file, start=1):
                    yield _object(text, number)
        except (OSError, UnicodeDecodeError) as error:
            raise Unreadable(type(error).__name__) from error


def export_lines(snapshot: Snapshot) -> Iterator[dict[str, Any]]:
    """The lines of an export, as found: what does not verify here does not verify there."""
    head = snapshot.head()
    yield {"format": FORMAT, "ledger": head.ledger if head else None}
    segments = list(snapshot.segments())
    for row in snapshot.records():
        yield {"hash": row.hash, "record": _record(row)}
    for one in segments:
        yield {"segment": {name: getattr(one, name) for name in _SEGMENT}}
    if head is not None:
        yield {"head": {name: getattr(head, name) for name in _HEAD}}


def _record(row: Row) -> Any:
    try:
        record = json.loads(str(row.body))
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise Unreadable(f"record {row.seq} is no JSON object")
    return record


def _object(text: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unreadable(f"line {number} is no JSON object")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
