"""A live line costs what an engine worked: taken from budgets clip by clip, one row a turn."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from deployments.charged_speech import ChargedEar
from models.deadline import Deadline
from models.errors import BudgetExceeded, DeadlineExceeded, ModelUnavailable
from models.live import HeardClip, SpokenClip
from router.budget import NOTHING, Amount
from router.key_limits import limits_of
from tests.unit.deployments.test_accounting import Desk, who
from tests.unit.deployments.test_charged_speech import CARD
from tests.wire.lines import LiveHearing

CLIP = SpokenClip("whisper", bytes(32_000), final=True)
EURO = limits_of(budget_usd=("100/day",))


class Hearing(LiveHearing):
    """Its engine works for three seconds on every clip."""

    async def hear(self, clip: SpokenClip, deadline: Deadline) -> HeardClip:
        return replace(await super().hear(clip, deadline), engine_seconds=3.0)


def ear(desk: Desk, **hearing: object) -> ChargedEar:
    return ChargedEar(Hearing(**hearing), CARD, who(EURO), desk.accounting)  # type: ignore[arg-type]


async def test_every_clip_is_taken_and_settled_and_a_turn_is_one_row() -> None:
    desk = Desk()
    heard = ear(desk)
    for _ in range(2):
        assert (await heard.hear(CLIP, Deadline.after(30))).text
    async with asyncio.timeout(10):
        await desk.books.told.wait()
    await asyncio.sleep(0)
    assert [used for _, used in desk.books.settled] == [Amount(0, 1_500_000_000)] * 2
    [line] = desk.books.claims[0].lines
    assert 14_900_000_000 < line.amount <= 15_000_000_000, "thirty seconds at most"
    for _ in range(2):
        heard.turn()
    await desk.accounting.costs.close(5)
    [row] = desk.books.costs
    assert (row.model, row.nano, row.usage.engine_seconds) == ("whisper", 3_000_000_000, 6.0)


async def test_without_budget_nothing_is_heard() -> None:
    desk = Desk()
    desk.books.failure = BudgetExceeded("used up", retry_after=1)
    hearing = Hearing()
    heard = ChargedEar(hearing, CARD, who(EURO), desk.accounting)
    with pytest.raises(BudgetExceeded):
        await heard.hear(CLIP, Deadline.after(30))
    assert hearing.clips == []
    assert await heard.hear(CLIP, Deadline.after(30)) and hearing.clips == [CLIP], "the probe"


@pytest.mark.parametrize(
    ("fault", "free"), [(ModelUnavailable("down"), True), (DeadlineExceeded("late"), False)]
)
async def test_a_clip_that_fails_is_free_unless_nobody_knows(fault: Exception, free: bool) -> None:
    desk = Desk()
    with pytest.raises(type(fault)):
        await ear(desk, fault=fault).hear(CLIP, Deadline.after(30))
    used = await desk.settlement()
    assert (used == NOTHING) is free and used.nano_usd < 1_000_000_000


async def test_a_guess_that_is_dropped_costs_the_time_it_was_waited_for() -> None:
    desk = Desk()
    task = asyncio.create_task(ear(desk, gate=asyncio.Event()).hear(CLIP, Deadline.after(30)))
    await asyncio.sleep(0.05)
    assert desk.books.claims, "the probe: it is under way"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    used = await desk.settlement()
    assert 0 < used.nano_usd < 15_000_000_000
