"""What Ray Serve LLM is told before it prepares a node: that there is nothing to fetch."""

from __future__ import annotations

from ray.llm._internal.common.callbacks.base import CallbackBase


class StayHere(CallbackBase):
    """Weights are folders on every node; looking for them elsewhere is not begun."""

    async def on_before_node_init(self) -> None:
        """Called by the engine's start."""
        self.ctx.run_init_node = False
