"""The State deployment: keys and runs, in one process that owns the database."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from ray import serve

from deployments.home import Home
from deployments.replica_environment import enter_replica
from router.keys import KeyRecord
from router.store.records import RunRecord
from router.store.state import State


@serve.deployment
class StateService:
    """The store behind every gateway replica; each call is a query or two."""

    def __init__(self, home: str) -> None:
        enter_replica("state")
        opened = Home(Path(home))
        self._state = State.open(opened.database, opened.pepper())

    async def keys(self) -> Sequence[KeyRecord]:
        """Every key's record; gateways ask again every two seconds."""
        return await asyncio.to_thread(self._state.list_keys)

    async def record_run(self, run: RunRecord) -> None:
        """Remember a run."""
        await asyncio.to_thread(self._state.record_run, run)

    async def run(self, tenant: str, run_id: str) -> RunRecord:
        """A run of this tenant."""
        return await asyncio.to_thread(self._state.run, tenant, run_id)

    async def recent_runs(self, tenant: str, limit: int) -> Sequence[RunRecord]:
        """The newest runs of this tenant."""
        return await asyncio.to_thread(self._state.recent_runs, tenant, limit)
