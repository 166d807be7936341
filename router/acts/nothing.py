"""An instance without tools."""

from __future__ import annotations

from models.deadline import Deadline
from models.errors import NotFound
from models.tools import ToolCard
from router.acts.act import Act


class NoActs:
    """Does nothing and keeps nothing: every act is unknown to it."""

    def card(self, action: str) -> ToolCard | None:
        return None

    async def ask(self, act: Act, deadline: Deadline) -> None:
        raise unknown(act.action)

    async def perform(self, act: Act, deadline: Deadline) -> None:
        raise unknown(act.action)


def unknown(action: str) -> NotFound:
    """The policy allows the act, and there is nothing that could do it."""
    return NotFound(
        f"Nothing here can do {action}: give `sources` a file that has it under `actions`.",
        param="action",
    )
