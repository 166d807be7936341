"""The chain in a database: one transaction a batch, one writer at a time, no gaps."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from models.errors import Conflict, LedgerUnavailable, PodiumError
from router.ledger import segments as segment
from router.ledger.entry import VERSION, Entry, content_of, entries, genesis
from router.ledger.head import Head, bad_head, read_head
from router.ledger.mac import head_mac
from router.ledger.port import Receipt
from router.ledger.postgres import lock_making, postgres_engine
from router.ledger.record import Record
from router.ledger.sqlite import sqlite_engine
from router.ledger.tables import head, metadata, records, segments

Outcome: TypeAlias = Receipt | PodiumError
# Made once: making a statement takes longer than running it.
_ADD = insert(records)
_MOVE = update(head).where(head.c.id == 1)


class Chain(Protocol):
    """Where batches go; blocking, and called by one thread at a time."""

    def append(self, batch: Sequence[Record]) -> Sequence[Outcome]:
        """Put all of the batch on disk, in order; raises LedgerUnavailable when none of it is."""

    def close(self) -> None:
        """Let go of the database."""


class SqlChain:
    """A chain in SQLite or PostgreSQL; touches nothing until the first append."""

    def __init__(self, engine: Engine, key: bytes) -> None:
        self._engine = engine
        self._key = key
        self._ready = False

    def append(self, batch: Sequence[Record]) -> Sequence[Outcome]:
        """As of the port. A record whose id is there already is not written twice: a writer that
        never learned what became of a batch may bring it again.
        """
        try:
            if not self._ready:
                self._open()
            try:
                return self._write(batch, {})
            except IntegrityError:
                return self._write_new(batch)
        except (SQLAlchemyError, OSError) as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _open(self) -> None:
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                lock_making(connection)
            metadata.create_all(connection)
            if connection.execute(select(head.c.id)).first() is None:
                ledger = secrets.token_hex(16)
                start = genesis(ledger)
                mac = head_mac(self._key, ledger, 0, start)
                row = {"id": 1, "version": VERSION, "ledger": ledger}
                connection.execute(insert(head), row | {"seq": 0, "hash": start, "mac": mac})
            self._check_end(connection, read_head(connection, self._key))
        self._ready = True

    def _check_end(self, connection: Connection, found: Head) -> None:
        last = connection.execute(
            select(records.c.seq, records.c.hash).order_by(records.c.seq.desc()).limit(1)
        ).first()
        end = (last.seq, last.hash) if last else (0, genesis(found.ledger))
        if end != (found.seq, found.hash):
            raise bad_head("its last record is not the one its head names")

    def _write_new(self, batch: Sequence[Record]) -> Sequence[Outcome]:
        """Some ids are there: what says the same is answered with its receipt."""
        with self._engine.connect() as connection:
            query = select(records).where(records.c.id.in_([one.id for one in batch]))
            known = {
                row.id: Entry(row.seq, row.id, row.body, row.hash)
                for row in connection.execute(query)
            }
            connection.rollback()
        return self._write(batch, known)

    def _write(self, batch: Sequence[Record], known: Mapping[str, Entry]) -> Sequence[Outcome]:
        fresh = list({one.id: one for one in batch if one.id not in known}.values())
        with self._engine.begin() as connection:
            before = read_head(connection, self._key)
            made = list(entries(fresh, before.seq, before.hash))
            if made:
                rows = [{"seq": e.seq, "id": e.id, "body": e.body, "hash": e.hash} for e in made]
                connection.execute(_ADD, rows)
                self._move_head(connection, before, made[-1])
        written = {entry.id: entry for entry in (*known.values(), *made)}
        compared = len(made) < len(batch)
        return [_outcome(one, written[one.id], compared) for one in batch]

    def _move_head(self, connection: Connection, before: Head, last: Entry) -> None:
        for number in segment.sealed_between(before.seq, last.seq):
            _seal(connection, number)
        mac = head_mac(self._key, before.ledger, last.seq, last.hash)
        connection.execute(_MOVE, {"seq": last.seq, "hash": last.hash, "mac": mac})


def open_sqlite_chain(path: Path, key: bytes) -> SqlChain:
    """The chain in the file at `path`, made on the first append; `key` is mac.head_key's."""
    return SqlChain(sqlite_engine(path), key)


def open_postgres_chain(url: str, key: bytes) -> SqlChain:
    """The chain in the database at `url`; every replica must have the same `key`."""
    return SqlChain(postgres_engine(url), key)


def _seal(connection: Connection, number: int) -> None:
    first, last = segment.bounds(number)
    query = select(records.c.hash).where(records.c.seq.between(first, last))
    root = segment.merkle_root(connection.scalars(query.order_by(records.c.seq)).all())
    connection.execute(
        insert(segments), {"number": number, "first": first, "last": last, "root": root}
    )


def _outcome(record: Record, entry: Entry, compared: bool) -> Outcome:
    if compared and not _says(entry, record):
        return Conflict("The ledger has another record of this id; give each its own.", param="id")
    return Receipt(entry.id, entry.seq, entry.hash)


def _says(entry: Entry, record: Record) -> bool:
    kept = json.loads(entry.body)
    said = json.loads(json.dumps(content_of(record)))
    return bool({name: kept[name] for name in said} == said)


def _unavailable(error: Exception) -> LedgerUnavailable:
    return LedgerUnavailable(
        f"The ledger can't be written ({_reason(error)}), so what it must record first can't be "
        "done. Free disk space or mend the disk or database; it goes on by itself.",
        retry_after=1.0,
    )


def _reason(error: Exception) -> str:
    """A code without content: SQLite's name, PostgreSQL's SQLSTATE, or the error's class."""
    cause: object = error.orig if isinstance(error, DBAPIError) else error
    named = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None)
    return str(named or type(cause).__name__)
