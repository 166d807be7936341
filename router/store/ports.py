"""The store's ports; one contract suite runs over every implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from router.keys import KeyRecord
from router.store.records import RunRecord


class KeyStore(Protocol):
    """Keeps key records, one for each tenant and id."""

    def add(self, record: KeyRecord, *, only_if_empty: bool = False) -> bool:
        """Store a new record durably; False when the id is taken, or any key exists if asked."""

    def revoke(self, tenant: str, key_id: str, at: float) -> bool:
        """Mark it revoked, keeping an earlier time; False when there is no such key."""

    def find(self, tenant: str | None = None, key_id: str | None = None) -> Sequence[KeyRecord]:
        """The records that match, oldest first."""


class RunStore(Protocol):
    """Keeps finished runs, each visible to its own tenant alone."""

    def save(self, run: RunRecord) -> None:
        """Store the run and its steps in one transaction, replacing an earlier save of its id."""

    def find(self, tenant: str, run_id: str) -> RunRecord | None:
        """The run, or None when this tenant has no such run."""

    def recent(self, tenant: str, limit: int) -> Sequence[RunRecord]:
        """The newest runs of the tenant, newest first, without content."""
