"""A ledger as it lies somewhere: rows as found, trusted in nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol


class Unreadable(Exception):
    """The ledger cannot be read on; the message is a code without content."""


@dataclass(frozen=True, slots=True)
class HeadRow:
    """The head as stored; `mac` is empty where none came along."""

    version: object
    ledger: object
    seq: object
    hash: object
    mac: object


@dataclass(frozen=True, slots=True)
class Row:
    """A record as stored; nothing says that the types are right."""

    seq: object
    id: object
    body: object
    hash: object


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A sealed segment as stored; `first` and `last` are inclusive."""

    number: object
    first: object
    last: object
    root: object


class Snapshot(Protocol):
    """One moment of a ledger; every method raises Unreadable."""

    def head(self) -> HeadRow | None:
        """The head, None when there is none."""

    def records(self) -> Iterator[Row]:
        """The records in the order of their numbers."""

    def segments(self) -> Iterator[SegmentRow]:
        """The sealed segments in the order of their numbers."""


class Source(Protocol):
    """Where a ledger lies."""

    def open(self) -> AbstractContextManager[Snapshot]:
        """A snapshot for reading, closed at the end; raises Unreadable."""
