"""How a run reaches acts, and where they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from models.deadline import Deadline
from models.tools import ToolCard
from router.acts.act import Act, ActStatus


class Acts(Protocol):
    """What a step asks for acts; raises PodiumError only."""

    def card(self, action: str) -> ToolCard | None:
        """The tool that does the act, None when there is none."""

    async def ask(self, act: Act, deadline: Deadline) -> None:
        """Keep an act until people have agreed."""

    async def perform(self, act: Act, deadline: Deadline) -> None:
        """Do an act now: its intent is written durably first."""


class ActStore(Protocol):
    """Keeps acts, each visible to its own tenant alone; every change is one transaction."""

    def add(self, act: Act) -> None:
        """Store a new act, or nothing when its id is there."""

    def find(self, tenant: str, act_id: str) -> Act | None:
        """The act, or None when this tenant has no such act."""

    def of_tenant(self, tenant: str, limit: int) -> Sequence[Act]:
        """The newest acts of a tenant, without their arguments."""

    def of_status(self, status: ActStatus, before: float) -> Sequence[Act]:
        """Every act that stands so since a time before, oldest first."""

    def agree(self, act: Act, key_id: str, needed: int, at: float) -> None:
        """Count one key's approval, once; with enough of them a waiting act is approved."""

    def move(
        self,
        act: Act,
        before: ActStatus,
        after: ActStatus,
        at: float,
        error_code: str | None = None,
    ) -> bool:
        """Bring an act from one status to another; False when it no longer stands so.

        One that ended forgets its arguments, and its run no longer waits for it.
        """
