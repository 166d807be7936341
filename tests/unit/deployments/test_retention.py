"""How long runs and pictures are kept is the policy's word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from deployments.gateway_state import GatewayState
from deployments.retention import forget_old
from router.policy import Policy
from router.policy_file import default_policy, default_text, load_policy


@dataclass
class _State:
    """Stands for State's handle: remembers what it was asked."""

    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def call(self, *words: Any, deadline: object) -> int:
        self.asked.append(words)
        return 0


@dataclass
class _Gateway:
    policy: Policy
    state: _State = field(default_factory=_State)


async def test_old_ones_are_deleted_as_the_policy_says_and_kept_when_it_says_nothing() -> None:
    kept = b"retention: {runs: {days: 2}, downloads: {days: 1}}"
    days = load_policy(default_text().replace(b"retention: {}", kept))
    runs, pictures = 1_000_000.0 - 2 * 86_400, 1_000_000.0 - 86_400
    for policy, asked in (
        (days, [("forget_runs", runs), ("forget_assets", pictures)]),
        (default_policy(), []),
    ):
        gateway = _Gateway(policy)
        await forget_old(cast(GatewayState, gateway), lambda: 1_000_000.0)
        assert gateway.state.asked == asked
