"""The State deployment: keys, budgets, runs and the ledger, in one process that owns them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ray import get_runtime_context, serve

from deployments.assets import Asset, check_kept, forget_asset, forget_assets, keep_asset
from deployments.home import Home
from deployments.ledger import open_ledger
from deployments.replica_environment import enter_replica
from models.errors import PodiumError
from router.acts.act import Act, ActStatus
from router.acts.book import ActBook
from router.budget import Amount, Claim
from router.costs import CallCost, CostQuery, CostSum
from router.key_limits import KeyLimits
from router.keys import Key, KeyRecord
from router.ledger.images import picture_deleted
from router.ledger.port import Receipt
from router.ledger.record import Record
from router.ledger.runs import run_records
from router.store.accounts import Accounts
from router.store.engine import open_sqlite
from router.store.records import RunRecord, Spending
from router.store.retention import Retention
from router.store.sql_costs import SqlCostStore
from router.store.state import NewKey, State


@serve.deployment
class StateService:
    """The store behind every gateway replica; each call is a query or two.

    `ledger` is the setting of that name.
    """

    def __init__(self, home: str, ledger: str | None = None) -> None:
        enter_replica("state")
        self._home = opened = Home(Path(home))
        self._ledger = open_ledger(opened, ledger)
        self._ledger_node = None if ledger else get_runtime_context().get_node_id()
        self._state = State.open(opened.database, opened.pepper(), self._ledger)
        self._accounts = Accounts.open(opened.database)
        self._retention = Retention.open(opened.database)
        self._costs = SqlCostStore(open_sqlite(opened.database))
        self._acts = ActBook.open(opened.database, self._ledger)

    def __del__(self) -> None:
        """Serve calls this before it ends the replica: what is in line is still written."""
        ledger = getattr(self, "_ledger", None)
        if ledger is not None:
            ledger.close()

    async def ledger_node(self) -> str | None:
        """The node on which the ledger is a file of the home, None when a server keeps it."""
        return self._ledger_node

    async def append_record(self, record: Record, durable: bool) -> Receipt:
        """Write into the ledger; raises LedgerUnavailable. See deployments.ledger_remote."""
        return await self._ledger.append(record, durable=durable)

    async def append_records(
        self, batch: Sequence[tuple[Record, bool]]
    ) -> Sequence[Receipt | PodiumError]:
        """Write many into the ledger at once; what became of each. See deployments.ledger_line."""
        return await self._ledger.append_all(batch)

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

    async def reserve(self, claim: Claim) -> int:
        """Take what calls may cost, and for how many; raises BudgetExceeded."""
        return await asyncio.to_thread(self._accounts.reserve, claim)

    async def shrink(self, claim_id: str, left: Amount) -> None:
        """Hold no more than `left` for calls that go on."""
        await asyncio.to_thread(self._accounts.shrink, claim_id, left)

    async def settle(self, claim_id: str, used: Amount) -> None:
        """Count what a call used."""
        await asyncio.to_thread(self._accounts.settle, claim_id, used)

    async def spent(self, tenant: str | None = None) -> Sequence[Spending]:
        """What is spent and held of budgets in the days and months of now."""
        return await asyncio.to_thread(self._accounts.spent, tenant)

    async def record_costs(self, costs: Sequence[CallCost]) -> None:
        """Keep what calls came to; safe to call again with the same."""
        await asyncio.to_thread(self._costs.add, costs)

    async def costs(self, query: CostQuery) -> Sequence[CostSum]:
        """The sums of what calls came to."""
        return await asyncio.to_thread(self._costs.sums, query)

    async def keep_assets(self, assets: Sequence[Asset]) -> None:
        """Keep pictures and write each into the ledger; raises Unavailable, LedgerUnavailable."""
        for asset in assets:
            await asyncio.to_thread(keep_asset, self._home.assets, asset)
            await self._ledger.append(asset.record(time.time()), durable=False)

    async def delete_asset(self, tenant: str, key_id: str, digest: str) -> None:
        """Delete a picture of this tenant, once the ledger has it; raises NotFound."""
        folder = self._home.assets
        await asyncio.to_thread(check_kept, folder, tenant, digest)
        record = picture_deleted(tenant, key_id, digest, time.time())
        await self._ledger.append(record, durable=True)
        await asyncio.to_thread(forget_asset, folder, tenant, digest)

    async def record_run(self, run: RunRecord) -> None:
        """Remember a run, and write it and its decisions into the ledger."""
        await asyncio.to_thread(self._state.record_run, run)
        for record in run_records(run):
            await self._ledger.append(record, durable=False)

    async def record_decisions(self, records: Sequence[Record]) -> None:
        """Write decisions about direct requests into the ledger; safe to call again with them."""
        for outcome in await self._ledger.append_all([(record, True) for record in records]):
            if isinstance(outcome, PodiumError):
                raise outcome

    async def ask_act(self, act: Act) -> None:
        """Keep an act until people have agreed."""
        await asyncio.to_thread(self._acts.ask, act)

    async def act(self, tenant: str, act_id: str) -> Act:
        """An act of this tenant."""
        return await asyncio.to_thread(self._acts.act, tenant, act_id)

    async def acts(self, tenant: str, limit: int) -> Sequence[Act]:
        """The newest acts of this tenant, without content."""
        return await asyncio.to_thread(self._acts.listed, tenant, limit)

    async def approve_act(self, tenant: str, act_id: str, key_id: str, needed: int) -> Act:
        """One key's yes, in the ledger before it counts."""
        return await asyncio.to_thread(self._acts.approve, tenant, act_id, key_id, needed)

    async def reject_act(self, tenant: str, act_id: str, key_id: str) -> Act:
        """One key's no."""
        return await asyncio.to_thread(self._acts.reject, tenant, act_id, key_id)

    async def begin_act(self, act: Act) -> bool:
        """Whether the caller is to do it now; its intent is in the ledger then."""
        return await asyncio.to_thread(self._acts.begin, act)

    async def end_act(self, act: Act, status: ActStatus, error_code: str | None) -> None:
        """What became of it."""
        await asyncio.to_thread(self._acts.end, act, status, error_code)

    async def acts_left_over(self, after_s: float) -> Sequence[Act]:
        """Acts that were agreed to or begun, and did not end within so many seconds."""
        return await asyncio.to_thread(self._acts.left_over, after_s)

    async def forget_assets(self, before: float) -> int:
        """Delete pictures kept before, in seconds since the epoch; how many there were."""
        return await asyncio.to_thread(forget_assets, self._home.assets, before)

    async def forget_runs(self, before: float) -> int:
        """Delete runs that began before, in seconds since the epoch; how many there were."""
        return await asyncio.to_thread(self._retention.forget_runs, before)

    async def run(self, tenant: str, run_id: str) -> RunRecord:
        """A run of this tenant."""
        return await asyncio.to_thread(self._state.run, tenant, run_id)

    async def recent_runs(self, tenant: str, limit: int) -> Sequence[RunRecord]:
        """The newest runs of this tenant."""
        return await asyncio.to_thread(self._state.recent_runs, tenant, limit)
