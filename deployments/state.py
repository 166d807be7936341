"""The State deployment: keys, budgets and runs, in one process that owns the database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from ray import serve

from deployments.home import Home
from deployments.replica_environment import enter_replica
from router.budget import Amount, Claim
from router.key_limits import KeyLimits
from router.keys import Key, KeyRecord
from router.store.accounts import Accounts
from router.store.records import RunRecord, Spending
from router.store.state import NewKey, State


@serve.deployment
class StateService:
    """The store behind every gateway replica; each call is a query or two."""

    def __init__(self, home: str) -> None:
        enter_replica("state")
        opened = Home(Path(home))
        self._state = State.open(opened.database, opened.pepper())
        self._accounts = Accounts.open(opened.database)

    async def keys(self) -> Sequence[KeyRecord]:
        """Every key's record; gateways ask again every two seconds."""
        return await asyncio.to_thread(self._state.list_keys)

    async def create_key(self, wanted: NewKey) -> Key:
        """Make a key; the answer is the only place where its secret is ever seen."""
        return await asyncio.to_thread(self._state.create_key, wanted)

    async def revoke_key(self, tenant: str, key_id: str) -> None:
        """Stop a key; every gateway knows within seconds."""
        await asyncio.to_thread(self._state.revoke_key, tenant, key_id)

    async def limit_tenant(self, tenant: str, limits: KeyLimits) -> None:
        """Set what all keys of a tenant may use together."""
        await asyncio.to_thread(self._state.limit_tenant, tenant, limits)

    async def tenant_limits(self) -> Mapping[str, KeyLimits]:
        """The limits of every tenant that has some."""
        return await asyncio.to_thread(self._state.tenant_limits)

    async def reserve(self, claim: Claim) -> None:
        """Take what a call may cost; raises BudgetExceeded."""
        await asyncio.to_thread(self._accounts.reserve, claim)

    async def settle(self, claim_id: str, used: Amount) -> None:
        """Count what a call used."""
        await asyncio.to_thread(self._accounts.settle, claim_id, used)

    async def spent(self, tenant: str | None = None) -> Sequence[Spending]:
        """What is spent and held of budgets in the days and months of now."""
        return await asyncio.to_thread(self._accounts.spent, tenant)

    async def record_run(self, run: RunRecord) -> None:
        """Remember a run."""
        await asyncio.to_thread(self._state.record_run, run)

    async def run(self, tenant: str, run_id: str) -> RunRecord:
        """A run of this tenant."""
        return await asyncio.to_thread(self._state.run, tenant, run_id)

    async def recent_runs(self, tenant: str, limit: int) -> Sequence[RunRecord]:
        """The newest runs of this tenant."""
        return await asyncio.to_thread(self._state.recent_runs, tenant, limit)
