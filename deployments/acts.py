"""Acts behind the gateway: State keeps them, the Retriever does them, the policy is asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from deployments.home import default_home
from deployments.remote import Remote
from deployments.settings import Settings
from models.deadline import Deadline
from models.errors import PodiumError, PolicyDenied
from models.tools import ToolCall, ToolCard, ToolResult
from retrieval.source_tools import open_tools
from router.acts.act import Act, ActStatus
from router.acts.nothing import unknown
from router.acts.performing import finish, perform
from router.acts.permission import Verdict, permission

if TYPE_CHECKING:
    from deployments.gateway_state import GatewayState

PERIOD_S = 15.0
# Longer than any request may take: whoever began the act is gone.
LEFT_OVER_S = 900.0
_ACT_S = 60.0


def tool_cards(settings: Settings) -> Mapping[str, ToolCard]:
    """The acts that the sources of these settings offer; raises InvalidConfig."""
    folder = Path(settings.home) if settings.home else default_home()
    return open_tools(folder, settings.retriever.sources).cards()


class GatewayActs:
    """The Acts of every run of one gateway; whatever was begun is finished by `watch_acts`."""

    def __init__(self, cards: Mapping[str, ToolCard], retriever: Remote, state: Remote) -> None:
        self._cards = cards
        self._retriever = retriever
        self._state = state

    def card(self, action: str) -> ToolCard | None:
        """The tool that does the act, None when there is none."""
        return self._cards.get(action)

    async def ask(self, act: Act, deadline: Deadline) -> None:
        """Keep an act until people have agreed."""
        await self._state.call("ask_act", act, deadline=deadline)

    async def perform(self, act: Act, deadline: Deadline) -> None:
        """Do an act now, once; raises what kept it from being done."""
        await perform(act, self._known(act), self, self._call, deadline)

    async def finish(self, act: Act, deadline: Deadline) -> None:
        """Go on with an act that somebody began who is gone."""
        card = self._known(act)
        if not card.idempotent:
            await self.end(act, "unknown", None, deadline)
            return
        await finish(act, card, self, self._call, deadline)

    async def begin(self, act: Act, deadline: Deadline) -> bool:
        """Whether this gateway is to do it."""
        return cast(bool, await self._state.call("begin_act", act, deadline=deadline))

    async def end(
        self, act: Act, status: ActStatus, error_code: str | None, deadline: Deadline
    ) -> None:
        """What became of it."""
        await self._state.call("end_act", act, status, error_code, deadline=deadline)

    def _known(self, act: Act) -> ToolCard:
        card = self.card(act.action)
        if card is None:
            raise unknown(act.action)
        return card

    async def _call(self, call: ToolCall, deadline: Deadline) -> ToolResult:
        answer = await self._retriever.call("act", call, deadline.remaining(), deadline=deadline)
        return cast(ToolResult, answer)


def verdict_now(state: GatewayState, act: Act) -> Verdict:
    """What the policy in force now says of an act."""
    return permission(state.policy, act.action, state.acts.card(act.action), act.label, act.tenant)


async def do_approved(state: GatewayState, act: Act) -> None:
    """Do an act that people agreed to; one that the policy no longer allows ends here.

    What kept it from being done stands with the act and in the log.
    """
    deadline = Deadline.after(_ACT_S)
    try:
        await _do(state, act, deadline)
    except PodiumError as error:
        state.log.error("act not done", extra={"act_id": act.id, "code": error.code})


async def watch_acts(state: GatewayState, period: float = PERIOD_S) -> None:
    """Do for ever what was agreed to or begun before a crash; cancel to stop."""
    while True:
        await take_up(state)
        await asyncio.sleep(period)


async def take_up(state: GatewayState, after_s: float = LEFT_OVER_S) -> None:
    """Do what nobody ended; an approved act that failed is tried again."""
    try:
        found = await state.state.call("acts_left_over", after_s, deadline=Deadline.after(_ACT_S))
    except PodiumError as error:
        state.log.warning("acts not looked at", extra={"code": error.code})
        return
    for act in found:
        await do_approved(state, act)


async def _do(state: GatewayState, act: Act, deadline: Deadline) -> None:
    verdict = verdict_now(state, act)
    if act.status == "acting":
        await state.acts.finish(act, deadline)
    elif verdict.permission == "deny":
        if await state.acts.begin(act, deadline):
            await state.acts.end(act, "failed", PolicyDenied.code, deadline)
        raise verdict.error()
    else:
        await state.acts.perform(act, deadline)
