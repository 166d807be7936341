"""How many replicas of a deployment answer now, without asking any of them, which would wake it."""

from __future__ import annotations

from typing import Any, Protocol


class ReplicaCount(Protocol):
    """The running replicas of one deployment."""

    async def __call__(self) -> int:
        """How many there are now."""


class ServeReplicaCount:
    """What Serve's controller knows of the deployment behind `handle`."""

    def __init__(self, handle: Any) -> None:
        self._name, self._app = handle.deployment_name, handle.app_name

    async def __call__(self) -> int:
        """How many run now."""
        from ray.serve.context import _get_global_client

        controller: Any = _get_global_client()._controller
        details = await controller.get_deployment_details.remote(self._app, self._name)
        return sum(replica.state == "RUNNING" for replica in details.replicas)
