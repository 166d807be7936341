"""The ledger of a home, opened for writing."""

from __future__ import annotations

from deployments.home import Home
from router.ledger.chain import open_postgres_chain, open_sqlite_chain
from router.ledger.group import GroupCommit
from router.ledger.mac import head_key


def open_ledger(home: Home, url: str | None = None) -> GroupCommit:
    """The home's ledger, in the PostgreSQL at `url` if the settings name one; made by the first
    record. Several processes may have it open: they write one chain.
    """
    key = head_key(home.pepper())
    return GroupCommit(
        open_postgres_chain(url, key) if url else open_sqlite_chain(home.ledger, key)
    )
