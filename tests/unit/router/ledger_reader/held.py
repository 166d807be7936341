"""A ledger held in memory, to be changed at will: what a thief with the database could do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from router.ledger.chain import open_sqlite_chain
from router.ledger.mac import head_key
from router.ledger.record import Record
from router.ledger_reader.canonical import canonical, digest
from router.ledger_reader.source import HeadRow, Row, SegmentRow
from router.ledger_reader.sqlite_source import SqliteSource

SECRET = b"s" * 32


@dataclass
class Held:
    """A Source and a Snapshot over lists."""

    header: HeadRow | None
    rows: list[Row]
    seals: list[SegmentRow]

    @contextmanager
    def open(self) -> Iterator[Held]:
        yield self

    def head(self) -> HeadRow | None:
        return self.header

    def records(self) -> Iterator[Row]:
        yield from self.rows

    def segments(self) -> Iterator[SegmentRow]:
        yield from self.seals

    def copy(self) -> Held:
        return Held(self.header, list(self.rows), list(self.seals))

    def set_body(self, seq: int, /, *, hashed: bool, **fields: Any) -> None:
        """Change fields of a record's body; `hashed` puts the matching hash beside it."""
        row = self.rows[seq - 1]
        body = canonical({**json.loads(str(row.body)), **fields})
        self.rows[seq - 1] = replace(row, body=body, hash=digest(body) if hashed else row.hash)

    def set_row(self, seq: int, /, **columns: Any) -> None:
        self.rows[seq - 1] = replace(self.rows[seq - 1], **columns)

    def set_head(self, **columns: Any) -> None:
        assert self.header is not None
        self.header = replace(self.header, **columns)

    def rewrite(self, seq: int) -> None:
        """Give every record from `seq` on the hashes that fit, and the head the last of them."""
        prev = str(self.rows[seq - 2].hash)
        for n in range(seq, len(self.rows) + 1):
            self.set_body(n, hashed=True, prev=prev, seq=n)
            prev = str(self.rows[n - 1].hash)
        self.set_head(seq=len(self.rows), hash=prev)


def held(folder: Path, count: int) -> Held:
    """A ledger of `count` records of several kinds, written by the writer."""
    with closing(open_sqlite_chain(folder / "ledger.sqlite", head_key(SECRET))) as chain:
        chain.append([record(n) for n in range(1, count + 1)])
    with SqliteSource(folder / "ledger.sqlite").open() as found:
        return Held(found.head(), list(found.records()), list(found.segments()))


def record(n: int) -> Record:
    fields = {"decision_id": f"dec_{n}", "bytes": n, "label": {"level": "PUBLIC"}}
    return Record("decision", "acme", 1000.5 + n, fields, f"run_{n}", f"req_{n}", f"rec_{n}")
