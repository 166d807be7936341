"""What is begun of a turn, when, and what is not: with pipelines that only write down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, cast

from deployments.call import Call
from deployments.live.answering import Answering
from deployments.live.rehearsing import Rehearsing
from models.errors import ModelUnavailable
from router.early import EarlyWork
from router.events import RunEvent, StepStarted
from router.label import Label
from router.plan import Plan
from router.steps.kind import RunRequest
from tests.scripted_world import plan_of

ANSWER = "  answer: {use: generate, prompt: support/intent@prod, with: {message: input.text}}\n"
ACT = "  file: {use: act, with: {action: crm_write, customer: input.text, note: answer}}"


@dataclass
class Pipelines:
    """Writes down what it is asked; a rehearsal waits for `gate`, `fault` is raised by each."""

    rehearsed: list[str] = field(default_factory=list)
    ran: list[tuple[str, EarlyWork | None]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    fault: Exception | None = None
    stopped: int = 0

    def early(self, call: Any, plan: Plan) -> EarlyWork:
        return EarlyWork(frozenset({"answer"}))

    async def rehearse(self, call: Any, plan: Plan, request: RunRequest) -> None:
        self.rehearsed.append(request.inputs["text"])
        if self.fault is not None:
            raise self.fault
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise

    async def run(
        self, call: Any, plan: Plan, request: RunRequest
    ) -> AsyncGenerator[RunEvent, None]:
        self.ran.append((request.inputs["text"], request.early))
        yield StepStarted("answer", 0.0)


@dataclass
class FakeState:
    pipelines: Pipelines


@dataclass
class FakeCall:
    state: FakeState
    request_id: str = "r"

    def run_request(self, inputs: dict[str, Any]) -> RunRequest:
        return RunRequest(inputs)


def answering(steps: str = ANSWER) -> tuple[Answering, Pipelines, list[Any]]:
    pipelines, sent = Pipelines(), list[Any]()
    made = Answering(
        plan_of(steps), {}, lambda: cast(Call, FakeCall(FakeState(pipelines))), lambda: Label()
    )

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    made.send = send
    return made, pipelines, sent


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_words_are_tried_one_attempt_at_a_time_and_always_the_newest() -> None:
    made, pipelines, sent = answering()
    made.hear("t", "I want")
    await settle()
    assert pipelines.rehearsed == []
    for more in (" my", " money", " back", " for it"):
        made.hear("t", more)
        await settle()
    assert pipelines.rehearsed == ["I want my"]
    pipelines.gate.set()
    await settle()
    assert pipelines.rehearsed == ["I want my", "I want my money back for it"]
    assert (pipelines.ran, sent) == ([], [])
    made.close()


async def test_a_pause_stops_what_is_tried_and_the_run_gets_what_was_made() -> None:
    made, pipelines, sent = answering()
    made.hear("t", "I want my money")
    await settle()
    made.expect("t", "I want my money.")
    await settle()
    assert pipelines.stopped == 1
    [(text, early)] = pipelines.ran
    assert (text, early is not None, sent) == ("I want my money.", True, [])
    made.hear("t", " back right now please")
    await settle()
    assert pipelines.rehearsed[-1] == "I want my money back right now please"
    made.answer("t", "I want my money back right now please.")
    await settle()
    assert pipelines.ran[-1] == ("I want my money back right now please.", early)
    assert [event["type"] for event in sent] == ["podium.run"]


async def test_another_turn_begins_with_nothing() -> None:
    made, pipelines, _ = answering()
    made.hear("one", "I want my money")
    made.answer("one", "I want my money.")
    await settle()
    made.hear("two", "It is broken")
    made.answer("two", "It is broken.")
    await settle()
    first, second = (early for _, early in pipelines.ran)
    assert first is not None and second is not None and first is not second


async def test_what_is_in_the_way_of_an_attempt_is_told_to_nobody() -> None:
    made, pipelines, sent = answering()
    pipelines.fault = ModelUnavailable("Away.", param="model")
    made.hear("t", "I want my money")
    await settle()
    made.hear("t", " back right now please")
    await settle()
    assert (len(pipelines.rehearsed), sent) == (2, [])
    made.close()


async def test_an_act_is_not_done_for_a_turn_that_may_go_on() -> None:
    for steps, begun in ((ANSWER, 1), (ANSWER + ACT, 0)):
        made, pipelines, _ = answering(steps)
        made.expect("t", "I want my money.")
        await settle()
        assert len(pipelines.ran) == begun
        made.answer("t", "I want my money.")
        await settle()
        assert [text for text, _ in pipelines.ran] == ["I want my money."]
        made.close()


async def test_a_line_that_closes_stops_what_is_tried() -> None:
    made, pipelines, _ = answering()
    made.hear("t", "I want my money")
    await settle()
    made.close()
    await settle()
    assert pipelines.stopped == 1


async def test_stopped_words_are_not_tried_again_before_there_are_more() -> None:
    tried: list[str] = []

    async def begin(text: str) -> None:
        tried.append(text)

    one = Rehearsing(begin)
    one.hear("I want my money")
    await settle()
    one.stop()
    one.hear(" back")
    await settle()
    assert tried == ["I want my money"]
    one.hear(" right now")
    await settle()
    assert tried[-1] == "I want my money back right now"
