"""The Gateway deployment: ingress and router in one process, so that a model is one hop away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ray import serve

from deployments.gateway_app import gateway_app
from deployments.gateway_state import GatewayState
from deployments.handles import ServeRemote
from deployments.home import Home
from deployments.keyring import REFRESH_S, Keyring
from deployments.model_status import ModelStatus
from deployments.policy_in_force import read_policy
from deployments.replica_environment import enter_replica
from deployments.settings import Settings
from models.catalog import Catalog
from models.deadline import Deadline
from models.errors import PodiumError

log = logging.getLogger("podium.gateway")
_PATIENCE_S = 5.0


@serve.deployment
@serve.ingress()
class Gateway:
    """Authenticates, labels, decides, forwards and accounts."""

    async def __init__(  # type: ignore[misc]  # Serve awaits it
        self,
        settings: Settings,
        home: str,
        catalog: Catalog,
        models: Mapping[str, Any],
        retriever: Any,
        state: Any,
    ) -> None:
        enter_replica("gateway")
        remotes = {name: ServeRemote(handle, name) for name, handle in models.items()}
        pepper = Home(Path(home)).pepper()
        self._state = GatewayState(
            settings=settings,
            catalog=catalog,
            policy=read_policy(settings),
            keyring=Keyring(pepper),
            status=ModelStatus(remotes),
            models=remotes,
            retriever=ServeRemote(retriever, "retriever"),
            state=ServeRemote(state, "state"),
            salt=pepper,
        )
        self._tasks = [
            asyncio.create_task(self._state.status.watch()),
            asyncio.create_task(self._refresh_keys()),
        ]

    def __serve_build_asgi_app__(self) -> Any:
        return gateway_app(self._state)

    async def _refresh_keys(self) -> None:
        while True:
            try:
                deadline = Deadline.after(_PATIENCE_S)
                self._state.keyring.tell(await self._state.state.call("keys", deadline=deadline))
            except PodiumError as error:
                log.warning("keys not refreshed", extra={"code": error.code})
            await asyncio.sleep(REFRESH_S)
