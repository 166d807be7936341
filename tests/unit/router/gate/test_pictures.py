"""Pictures on their way out: as every request, and a job that was taken on may be billed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from models.deadline import Deadline
from models.errors import ModelNotFound, ModelUnavailable, PodiumError, Unavailable
from models.image_jobs import PAUSE_S
from models.images import Image, ImageJob, Images, JobStatus
from models.remote.provider_errors import NeverSent
from router.gate.departure import Departures, GateRules
from router.gate.spent import Spent
from tests.unit.router.gate.gate_world import CARD, KEYS, NOW, POLICY, payload
from tests.unit.router.gate.test_departure import Events, cancelled_twice, outgoing

MADE = Images((Image("image/png", b"x"), Image("image/png", b"y")), returned_model="p-1")


@dataclass
class Painter:
    """A provider whose job stands at `status` first and is done once it is asked about."""

    events: Events
    status: JobStatus = "done"
    refusal: PodiumError | None = None
    fault: PodiumError | None = None
    running: int = 0

    async def send(self, body: bytes, deadline: Deadline) -> ImageJob:
        self.events.seen.append("socket")
        self.events.sent.append(body)
        if self.refusal is not None:
            raise self.refusal
        return ImageJob("j1", self.status)

    async def poll(self, job: ImageJob, deadline: Deadline) -> ImageJob:
        self.events.seen.append("poll")
        return ImageJob("j1", "done")

    async def fetch(self, job: ImageJob, deadline: Deadline) -> Images:
        if self.fault is not None:
            raise self.fault
        return MADE

    async def close(self) -> None:
        return None


async def ask(painter: Painter, bell: asyncio.Event | None = None, seconds: float = 60.0) -> Images:
    rules = GateRules(KEYS, POLICY, {CARD.id: CARD}, ())
    departures = Departures(
        rules, {}, painter.events, clock=lambda: NOW + 1.0, spent=Spent(opened=0.0),
        images={CARD.id: painter},
    )  # fmt: skip
    return await departures.pictures(outgoing(), Deadline.after(seconds), bell)


async def test_intent_before_socket_before_result() -> None:
    events = Events()
    assert await ask(Painter(events)) == MADE
    assert events.seen == ["intent", "socket", "result"]
    assert events.sent == [payload("Hello")]
    fields = dict(events.records[-1].fields)
    assert (fields["status"], fields["images"], fields["returned_model"]) == ("sent", 2, "p-1")


async def test_nothing_leaves_while_the_ledger_can_not_be_written() -> None:
    events = Events(broken=frozenset({"intent"}))
    with pytest.raises(Unavailable):
        await ask(Painter(events))
    assert not events.sent


async def test_a_model_of_words_makes_no_pictures() -> None:
    events = Events()
    departures = Departures(
        GateRules(KEYS, POLICY, {CARD.id: CARD}, ()), {}, events, clock=lambda: NOW + 1.0
    )
    with pytest.raises(ModelNotFound):
        await departures.pictures(outgoing(), Deadline.after(10))
    assert not events.seen


@pytest.mark.parametrize(
    ("refusal", "fault", "status"),
    [
        (NeverSent("no connection"), None, "failed"),
        (ModelUnavailable("cut"), None, "unknown"),
        (None, ModelUnavailable("cut"), "sent"),
        (None, NeverSent("no connection"), "sent"),
    ],
    ids=["no-connection", "cut", "cut-later", "no-connection-later"],
)
async def test_how_it_ended(
    refusal: PodiumError | None, fault: PodiumError | None, status: str
) -> None:
    events = Events()
    with pytest.raises(PodiumError):
        await ask(Painter(events, refusal=refusal, fault=fault))
    assert events.seen == ["intent", "socket", "result"]
    assert events.records[-1].fields["status"] == status


async def test_the_bell_it_is_given_is_the_one_that_it_listens_to() -> None:
    """A bell is put back once it was heard; nobody hears one that was not handed on."""
    events, bell = Events(), asyncio.Event()
    bell.set()
    assert await ask(Painter(events, "waiting"), bell, seconds=20 * PAUSE_S) == MADE
    assert events.seen == ["intent", "socket", "poll", "result"]
    assert not bell.is_set()


async def test_a_caller_that_is_cancelled_twice_is_recorded() -> None:
    events = Events()
    task = asyncio.create_task(ask(Painter(events, "waiting"), seconds=20 * PAUSE_S))
    await cancelled_twice(task, events)
