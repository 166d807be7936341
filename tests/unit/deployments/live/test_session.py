"""A session over a scripted model: order, patience, cancelling, limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count

import pytest

from deployments.live.session import LiveSession, Voice
from models.deadline import Deadline
from models.errors import BodyTooLarge, InternalError, ModelUnavailable, Overloaded
from models.live import HeardClip, SpokenClip
from router.live.endpoint import EndpointRules
from router.live.events import LineEvent, TurnCompleted, TurnFailed, WordsCommitted
from router.live.line import Line, LineRules
from tests.wire.lines import SAID, LiveHearing, sound


class Flaky(LiveHearing):
    """Gone for the first `misses` calls of each kind."""

    def __init__(self, misses: int) -> None:
        super().__init__()
        self.misses = misses

    async def hear(self, clip: SpokenClip, deadline: Deadline) -> HeardClip:
        if self.misses:
            self.misses -= 1
            raise ModelUnavailable("Restarting.")
        return await super().hear(clip, deadline)


def _session(model: LiveHearing, **voice: float) -> LiveSession:
    names = count()
    rules = LineRules(EndpointRules(pause=0.16, pad=0.1, silence=0.4, longest=7.0))
    line = Line(rules, lambda: f"item_{next(names)}")
    return LiveSession(line, model, Voice("whisper", **voice))


async def _events(session: LiveSession) -> list[LineEvent]:
    told: list[LineEvent] = []

    async def tell(event: LineEvent) -> None:
        told.append(event)

    await asyncio.wait_for(session.run(tell), 20)
    return told


async def _until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come true")


async def test_everything_is_told_before_it_ends() -> None:
    session = _session(LiveHearing())
    session.push(sound(1.5) + sound(0.6, level=0.0) + sound(1.0))
    session.end()
    told = await _events(session)
    done = [event for event in told if isinstance(event, TurnCompleted)]
    assert len(done) == 2
    assert all(SAID.startswith(event.text) and event.text for event in done)
    words = "".join(event.text for event in told if isinstance(event, WordsCommitted))
    assert words == "".join(event.text for event in done)


async def test_a_replica_that_restarts_loses_no_final_word() -> None:
    session = _session(Flaky(misses=3))
    session.push(sound(1.5) + sound(0.6, level=0.0))
    session.end()
    told = await _events(session)
    (done,) = [event for event in told if isinstance(event, TurnCompleted)]
    assert done.text


async def test_a_turn_that_cannot_be_heard_fails_and_the_session_ends_well() -> None:
    session = _session(LiveHearing(fault=InternalError("It broke.")))
    session.push(sound(1.0) + sound(0.6, level=0.0))
    session.end()
    assert [type(event) for event in await _events(session)][-1] is TurnFailed


async def test_clearing_stops_what_is_being_written() -> None:
    model = LiveHearing(gate=asyncio.Event())
    session = _session(model)
    running = asyncio.create_task(_events(session))
    session.push(sound(1.0))
    await _until(lambda: model.waiting == 1)
    session.clear()
    await _until(lambda: model.waiting == 0)
    assert model.stopped == 1
    session.end()
    assert not [e for e in await running if isinstance(e, WordsCommitted | TurnCompleted)]


async def test_cancelling_the_session_stops_the_model() -> None:
    model = LiveHearing(gate=asyncio.Event())
    session = _session(model)
    running = asyncio.create_task(_events(session))
    session.push(sound(1.0))
    await _until(lambda: model.waiting == 1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (model.waiting, model.stopped) == (0, 1)


async def test_audio_is_bounded() -> None:
    session = _session(LiveHearing(), longest=3.0, ahead=2.0)
    session.push(sound(1.5))
    with pytest.raises(Overloaded):
        session.push(sound(1.0))
    other = _session(LiveHearing(), longest=1.0)
    with pytest.raises(BodyTooLarge) as caught:
        other.push(sound(1.5))
    assert caught.value.param == "audio"


async def test_a_client_that_cannot_be_told_ends_the_session() -> None:
    session = _session(LiveHearing())
    session.push(sound(1.5) + sound(0.6, level=0.0))
    session.end()

    async def tell(event: LineEvent) -> None:
        raise Overloaded("Enough.")

    with pytest.raises(Overloaded):
        await asyncio.wait_for(session.run(tell), 20)
