"""Pipelines behind the gateway: plans of the router, run for one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from models.errors import ModelNotFound

if TYPE_CHECKING:
    from deployments.gateway_state import GatewayState


class Pipelines:
    """The plans in force."""

    def __init__(self, state: GatewayState) -> None:
        self._state = state

    def names(self) -> tuple[str, ...]:
        """The pipelines by name."""
        return ()

    async def chat(self, call: Any, body: Any) -> Response:
        """Answer a chat completion by a pipeline."""
        raise ModelNotFound(f"There is no pipeline '{body.model}'.", param="model")
