"""The ledger of a home, opened for writing."""

from __future__ import annotations

from deployments.home import Home
from router.ledger.chain import open_postgres_chain, open_sqlite_chain
from router.ledger.group import GroupCommit
from router.ledger.line import GATHER_S, Line
from router.ledger.mac import head_key


def open_ledger(home: Home, url: str | None = None, *, gather: float = GATHER_S) -> GroupCommit:
    """The home's ledger, in the PostgreSQL at `url` if the settings name one; made by the first
    record. Several processes may have it open: they write one chain.

    Records nobody waits for wait `gather` seconds at most for others to be written with.
    """
    key = head_key(home.pepper())
    chain = open_postgres_chain(url, key) if url else open_sqlite_chain(home.ledger, key)
    return GroupCommit(chain, line=Line(gather=gather))
