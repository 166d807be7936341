"""The ledger of a home, opened for writing."""

from __future__ import annotations

from deployments.home import Home
from router.ledger.chain import open_sqlite_chain
from router.ledger.group import GroupCommit
from router.ledger.mac import head_key


def open_ledger(home: Home) -> GroupCommit:
    """The home's ledger; the file is made by the first record. Several processes may have it open:
    they write one chain.
    """
    return GroupCommit(open_sqlite_chain(home.ledger, head_key(home.pepper())))
