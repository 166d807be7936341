"""The head of the chain: read under the lock that lets one writer append at a time."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from sqlalchemy import Connection, select

from models.errors import LedgerUnavailable
from router.ledger.entry import VERSION
from router.ledger.mac import head_mac
from router.ledger.tables import head

# Made once: making a statement takes longer than running it.
_LOCKED = select(head).with_for_update()


@dataclass(frozen=True, slots=True)
class Head:
    """The last link; `seq` 0 is the beginning."""

    ledger: str
    seq: int
    hash: str


def read_head(connection: Connection, key: bytes) -> Head:
    """The head, locked until the transaction ends; LedgerUnavailable when it is not ours."""
    # SQLite has no row locks and needs none: its transaction began with the write lock.
    row = connection.execute(_LOCKED).one()
    if row.version != VERSION:
        raise bad_head(f"it has version {row.version} and this Podium writes {VERSION}")
    if not hmac.compare_digest(row.mac, head_mac(key, row.ledger, row.seq, row.hash)):
        raise bad_head("its head was not written with this home's secret")
    return Head(row.ledger, row.seq, row.hash)


def bad_head(why: str) -> LedgerUnavailable:
    """The refusal to write on at the end of a chain that does not hold."""
    return LedgerUnavailable(
        f"The ledger is not written on: {why}. Run `podium audit verify`, keep a copy, and restore"
        " it from a backup."
    )
