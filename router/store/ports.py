"""The store's ports; one contract suite runs over every implementation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from router.budget import Amount, Claim
from router.costs import CallCost, CostQuery, CostSum
from router.key_limits import KeyLimits
from router.keys import KeyRecord
from router.store.records import RunRecord, Spending


class KeyStore(Protocol):
    """Keeps key records, one for each tenant and id."""

    def add(self, record: KeyRecord, *, only_if_empty: bool = False) -> bool:
        """Store a new record durably; False when the id is taken, or any key exists if asked."""

    def revoke(self, tenant: str, key_id: str, at: float) -> bool:
        """Mark it revoked, keeping an earlier time; False when there is no such key."""

    def find(self, tenant: str | None = None, key_id: str | None = None) -> Sequence[KeyRecord]:
        """The records that match, oldest first."""

    def limit_tenant(self, tenant: str, limits: KeyLimits) -> None:
        """Set the limits of all keys of a tenant together, in place of those before."""

    def tenant_limits(self) -> Mapping[str, KeyLimits]:
        """The limits of every tenant that has some."""


class BudgetStore(Protocol):
    """Keeps what is spent of budgets; safe against any number of writers at once."""

    def reserve(self, claim: Claim, now: float) -> int:
        """Take every line of the claim or none; BudgetExceeded names the one that does not fit.

        For how many calls it was taken: one, or all that the claim would take ahead.
        """

    def shrink(self, claim_id: str, left: Amount) -> None:
        """Hold no more than `left` for a claim that isn't settled; what it holds never grows."""

    def settle(self, claim_id: str, used: Amount) -> None:
        """Count what was used in place of what was reserved; once, however often it is called."""

    def sweep(self, now: float) -> int:
        """Let go of what expired reservations hold; how many there were."""

    def spent(self, now: float, tenant: str | None = None) -> Sequence[Spending]:
        """What is spent and held in the windows of now."""


class CostStore(Protocol):
    """Keeps what every call came to."""

    def add(self, costs: Sequence[CallCost]) -> None:
        """Keep rows durably; one whose id is there already is left as it is."""

    def sums(self, query: CostQuery) -> Sequence[CostSum]:
        """The sums of each group, dearest first; by day the days in order."""


class RunStore(Protocol):
    """Keeps finished runs, each visible to its own tenant alone."""

    def save(self, run: RunRecord) -> None:
        """Store the run and its steps in one transaction, replacing an earlier save of its id."""

    def find(self, tenant: str, run_id: str) -> RunRecord | None:
        """The run, or None when this tenant has no such run."""

    def recent(self, tenant: str, limit: int) -> Sequence[RunRecord]:
        """The newest runs of the tenant, newest first, without content."""
