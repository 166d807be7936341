"""Running plans: order, conditions, streaming, failures, deadlines and cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

import pytest

from models.deadline import Deadline
from models.errors import (
    ContextLengthExceeded,
    DeadlineExceeded,
    InternalError,
    InvalidRequest,
    ModelUnavailable,
)
from models.messages import ChatDelta, ChatRequest
from models.testing.scripted import Say, ScriptedChat, say_in_turn
from router.events import (
    ReplyDelta,
    ReplyRestarted,
    RunFinished,
    RunStarted,
    StepDelta,
    StepFinished,
    StepRestarted,
    StepStarted,
)
from router.recorder import Live
from router.steps.kind import RunRequest
from tests.scripted_world import CARDS, World, card, hit, plan_of, reply_of, result_of, world

ANSWER = "  answer: {use: generate, prompt: support/intent@prod, with: {message: input.text}}"
TEXT = {"text": "Hello"}
T = TypeVar("T")


def _generate(name: str, message: str = "input.text", more: str = "") -> str:
    given = f"prompt: support/intent@prod, with: {{message: {message}}}"
    return f"  {name}: {{use: generate, {given}{more}}}"


async def test_events_come_in_order_and_end_with_the_result() -> None:
    events = await world("Good day to you.").events(plan_of(ANSWER), TEXT)
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[1], StepStarted)
    assert isinstance(events[-1], RunFinished)
    deltas = [event.text for event in events if isinstance(event, StepDelta)]
    assert deltas == ["Good", " day", " to", " you."]
    assert reply_of(events) == "Good day to you." == result_of(events).reply
    assert result_of(events).status == "succeeded"


async def test_a_live_reply_is_passed_on_while_it_is_written() -> None:
    gate = asyncio.Event()
    scripted = world(lambda request: Say(("One.", " Two."), gate=gate))
    run = scripted.executor().run(plan_of(ANSWER), RunRequest(TEXT), Deadline.after(60))
    async with aclosing(run) as events:
        async for event in events:
            if isinstance(event, ReplyDelta):
                assert event.text == "One."
                assert scripted.chat.running == 1
                break


async def test_independent_steps_run_at_once() -> None:
    """Each model waits for the other to have begun: one after another they would never end."""
    first, second = asyncio.Event(), asyncio.Event()

    class Meeting(ScriptedChat):
        def __init__(self, mine: asyncio.Event, other: asyncio.Event) -> None:
            super().__init__(lambda request: self._say(mine, other))

        def _say(self, mine: asyncio.Event, other: asyncio.Event) -> Say:
            mine.set()
            return Say(("a",), gate=other)

    steps = "\n".join(
        [
            _generate("left", more=", route: {model: one}"),
            _generate("right", more=", route: {model: two}"),
            _generate("answer", "[left, right]"),
        ]
    )
    scripted = _two_models(world("Done."))
    scripted.chats = {"one": Meeting(first, second), "two": Meeting(second, first)}
    async with asyncio.timeout(5):
        events = await scripted.events(plan_of(steps), TEXT)
    order = [
        (type(event).__name__, event.step)
        for event in events
        if isinstance(event, StepStarted | StepFinished)
    ]
    assert order.index(("StepStarted", "right")) < order.index(("StepFinished", "left"))
    assert order.index(("StepStarted", "left")) < order.index(("StepFinished", "right"))
    assert order.index(("StepStarted", "answer")) > order.index(("StepFinished", "left"))


def _two_models(scripted: World) -> World:
    scripted.cards = (*CARDS, card("one"), card("two"))
    return scripted


async def test_a_step_that_reads_another_waits_for_it() -> None:
    steps = "\n".join([_generate("answer", "first"), _generate("first")])
    scripted = world(say_in_turn("from the first", "from the second"))
    result = await scripted.result(plan_of(steps), TEXT)
    assert scripted.chat.calls[1].messages[-1].content == "from the first"
    assert result.reply == "from the second"


async def test_needs_orders_steps_that_share_nothing() -> None:
    steps = "\n".join([_generate("answer", more=", needs: [first]"), _generate("first")])
    events = await world("x").events(plan_of(steps), TEXT)
    started = [event.step for event in events if isinstance(event, StepStarted)]
    assert started == ["first", "answer"]


@pytest.mark.parametrize(("text", "ran"), [("go", True), ("stay", False)])
async def test_when_decides_whether_a_step_runs(text: str, ran: bool) -> None:
    steps = "\n".join([ANSWER, _generate("extra", more=", when: input.text == 'go'")])
    scripted = world("x")
    result = await scripted.result(plan_of(steps), {"text": text})
    status = {report.name: report.status for report in result.steps}
    assert status["extra"] == ("succeeded" if ran else "skipped")
    assert len(scripted.chat.calls) == 1 + ran
    assert result.status == "succeeded"


async def test_an_optional_step_may_fail_and_a_required_one_may_not() -> None:
    def script(request: ChatRequest) -> str | ModelUnavailable:
        return "x" if request.messages[-1].content == "Hello" else ModelUnavailable("down")

    steps = "\n".join([ANSWER, _generate("extra", "answer", ", optional: true")])
    result = await world(script).result(plan_of(steps), TEXT)
    assert (result.status, result.reply) == ("partial", "x")
    required = "\n".join([_generate("first"), _generate("answer", "first")])
    result = await world(script).result(plan_of(required), TEXT)
    assert (result.status, result.reply) == ("failed", "")
    assert isinstance(result.error, ModelUnavailable)


async def test_a_failed_alternative_gives_way_to_the_next() -> None:
    def script(request: ChatRequest) -> str | ModelUnavailable:
        return "plain" if request.messages[-1].content == "Hello" else ModelUnavailable("down")

    steps = "\n".join([_generate("draft"), _generate("fine", "draft", ", optional: true")])
    events = await world(script).events(plan_of(steps, "{reply: fine | draft}"), TEXT)
    assert reply_of(events) == "plain"
    assert result_of(events).status == "partial"
    assert not [event for event in events if isinstance(event, ReplyRestarted)]


async def test_text_already_passed_on_is_voided_when_its_step_fails() -> None:
    def script(request: ChatRequest) -> str | Say:
        if request.messages[-1].content == "Hello":
            return "plain"
        return Say(("Half a",), error=ModelUnavailable("died"))

    steps = "\n".join([_generate("draft"), _generate("fine", "draft", ", optional: true")])
    events = await world(script).events(plan_of(steps, "{reply: fine | draft}"), TEXT)
    after = events[next(i for i, e in enumerate(events) if isinstance(e, ReplyRestarted)) :]
    assert reply_of(events[: -len(after)]) == "Half a"
    assert reply_of(after) == "plain" == result_of(events).reply


async def test_a_failure_that_leaves_no_reply_stops_what_still_runs() -> None:
    never = asyncio.Event()
    slow = ScriptedChat(lambda request: Say(("...",), gate=never))

    class Failing(ScriptedChat):
        def __init__(self) -> None:
            super().__init__(lambda request: Say((), error=InternalError("broken")))

        async def stream(
            self, request: ChatRequest, deadline: Deadline
        ) -> AsyncIterator[ChatDelta]:
            await slow.started.wait()
            async for delta in super().stream(request, deadline):
                yield delta

    steps = "\n".join(
        [
            _generate("side", more=", route: {model: one}"),
            _generate("answer", more=", route: {model: two}"),
        ]
    )
    scripted = _two_models(world("x"))
    scripted.chats = {"one": slow, "two": Failing()}
    async with asyncio.timeout(5):
        result = await scripted.result(plan_of(steps), TEXT)
    assert isinstance(result.error, InternalError)
    assert (slow.running, slow.cancelled) == (0, ["one"])
    assert {report.name: report.summary for report in result.steps}["side"] == "stopped"


async def test_a_fault_of_our_own_is_an_internal_error_that_keeps_its_cause() -> None:
    def script(request: ChatRequest) -> str:
        raise ZeroDivisionError("never shown")

    result = await world(script).result(plan_of(ANSWER), TEXT)
    assert isinstance(result.error, InternalError)
    assert "never shown" not in result.error.message
    assert isinstance(result.error.__cause__, ZeroDivisionError)


async def test_closing_the_events_closes_every_stream() -> None:
    never = asyncio.Event()
    chat = ScriptedChat(lambda request: Say(("...",), gate=never))
    steps = "\n".join([_generate("answer"), _generate("side")])
    run = World(chat).executor().run(plan_of(steps), RunRequest(TEXT), Deadline.after(60))
    async with aclosing(run) as events:
        async for _ in events:
            if chat.running == 2:
                break
    assert (chat.running, chat.cancelled) == (0, ["mistral", "mistral"])


async def test_cancelling_the_reader_closes_every_stream() -> None:
    chat = ScriptedChat(lambda request: Say(("...",), gate=asyncio.Event()))
    scripted = World(chat)
    reader = asyncio.create_task(scripted.result(plan_of(ANSWER), TEXT))
    await chat.started.wait()
    assert chat.running == 1
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert (chat.running, chat.cancelled) == (0, ["mistral"])


async def test_deadlines_shrink_on_their_way_to_the_model() -> None:
    scripted = world("x")
    clock = lambda: 100.0  # noqa: E731 - a clock that stands still
    steps = _generate("answer", more=", timeout_s: 2")
    await scripted.result(plan_of(steps), TEXT, deadline=Deadline(130.0, clock))
    await scripted.result(plan_of(steps), TEXT, deadline=Deadline(101.0, clock))
    await scripted.result(plan_of(ANSWER), TEXT, deadline=Deadline(130.0, clock))
    assert [deadline.at for deadline in scripted.chat.deadlines] == [102.0, 101.0, 130.0]


async def test_no_step_starts_after_the_deadline() -> None:
    now = 0.0

    def script(request: ChatRequest) -> str:
        nonlocal now
        now = 50.0
        return "x"

    steps = "\n".join([_generate("first"), _generate("answer", "first")])
    scripted = world(script)
    deadline = Deadline(60.0, lambda: now)
    assert (await scripted.result(plan_of(steps), TEXT, deadline=deadline)).reply == "x"
    now = 0.0
    late = await scripted.result(plan_of(steps), TEXT, deadline=Deadline(40.0, lambda: now))
    assert isinstance(late.error, DeadlineExceeded)
    assert len(scripted.chat.calls) == 3


async def test_a_model_that_hangs_is_stopped_when_its_time_is_over() -> None:
    chat = ScriptedChat(lambda request: Say(("...",), gate=asyncio.Event()))
    steps = _generate("answer", more=", timeout_s: 0.05")
    result = await World(chat).result(plan_of(steps), TEXT)
    assert isinstance(result.error, DeadlineExceeded)
    assert (chat.running, chat.cancelled) == (0, ["mistral"])


async def test_a_spent_latency_budget_drops_what_may_be_left_out() -> None:
    steps = "\n".join(
        [
            _generate("draft"),
            _generate("fine", "draft", ", optional: true, degrade: first"),
        ]
    )
    scripted = world(say_in_turn("plain", "fine"))
    output = "{reply: fine | draft}"
    rich = await scripted.result(plan_of(steps, output, budget="{latency_ms: 60000}"), TEXT)
    assert (rich.reply, rich.status) == ("fine", "succeeded")
    scripted = world(say_in_turn("plain", "fine"))
    poor = await scripted.result(plan_of(steps, output, budget="{latency_ms: 0.0001}"), TEXT)
    assert (poor.reply, poor.status) == ("plain", "partial")
    assert {report.name: report.status for report in poor.steps}["fine"] == "dropped"


async def test_a_result_that_cannot_be_made_ends_the_events_with_its_fault() -> None:
    class Odd(Live):
        def value(self, key: str, make: Callable[[], T]) -> T:
            if key == "clock/run/ended":
                raise ZeroDivisionError
            return super().value(key, make)

    async with asyncio.timeout(5) as limit:
        with pytest.raises(ZeroDivisionError):
            await world("x", recorder=Odd).events(plan_of(ANSWER), TEXT)
        assert not limit.expired()


async def test_the_step_that_failed_says_so_and_why() -> None:
    result = await world(lambda request: ModelUnavailable("down")).result(plan_of(ANSWER), TEXT)
    assert [(report.status, report.summary) for report in result.steps] == [
        ("failed", "model_unavailable")
    ]


async def test_a_step_is_tried_again_only_where_the_plan_says_so_and_the_model_is_down() -> None:
    down, broken = ModelUnavailable("down"), InternalError("broken")
    again = _generate("answer", more=", retry: {attempts: 1, backoff_s: 0}")
    assert (await world(say_in_turn(down, "x")).result(plan_of(again), TEXT)).reply == "x"
    assert (await world(say_in_turn(down, "x")).result(plan_of(ANSWER), TEXT)).error is down
    assert (await world(say_in_turn(down, down, "x")).result(plan_of(again), TEXT)).error is down
    assert (await world(say_in_turn(broken, "x")).result(plan_of(again), TEXT)).error is broken


async def test_a_second_try_voids_the_pieces_of_the_first() -> None:
    half = Say(("Half",), error=ModelUnavailable("died"))
    steps = _generate("answer", more=", retry: {attempts: 1, backoff_s: 0}")
    events = await world(say_in_turn(half, "Whole.")).events(plan_of(steps), TEXT)
    kinds = [type(event) for event in events]
    assert StepRestarted in kinds
    assert ReplyRestarted in kinds
    assert reply_of(events[kinds.index(ReplyRestarted) :]) == "Whole."


async def test_json_that_breaks_its_schema_is_asked_for_once_more() -> None:
    good = '{"intent":"other","product":"","order":"","sentiment":0.0,"needs":"information"}'
    steps = "\n".join(
        [_generate("intent", more=", output: Intent"), _generate("answer", "intent.needs")]
    )
    for bad in ("{", "[]", good.replace('"other"', '"bribe"'), good.replace("0.0", "7")):
        scripted = world(say_in_turn(bad, good, "x"))
        result = await scripted.result(plan_of(steps), TEXT)
        assert (result.reply, result.status) == ("x", "succeeded")
        assert scripted.chat.calls[0].json_schema is not None
        assert scripted.chat.calls[1].sampling.temperature == 0.5
    result = await world(say_in_turn("{", "{", "x")).result(plan_of(steps), TEXT)
    assert isinstance(result.error, InternalError)


async def test_a_window_too_small_leaves_out_the_least_passages() -> None:
    steps = """
  found: {use: search, with: {collection: kb, query: input.text}}
  shown: {use: passages, with: {hits: found.hits}}
  answer: {use: generate, prompt: support/draft@prod,
           with: {passages: shown.passages, question: input.text}}"""

    def script(request: ChatRequest) -> str | ContextLengthExceeded:
        return ContextLengthExceeded("long") if "[2]" in request.messages[1].content else "It [1]."

    scripted = world(script)
    scripted.searcher.hits = (hit("low", "b", 0.1), hit("high", "a", 0.9), hit("mid", "c", 0.5))
    result = await scripted.result(plan_of(steps), TEXT)
    assert result.reply == "It [1]."
    assert "[1] high" in scripted.chat.calls[-1].messages[1].content
    assert len(scripted.chat.calls) == 3


@pytest.mark.parametrize(
    ("inputs", "param"),
    [
        ({}, "route.inputs.text"),
        ({"text": None}, "route.inputs.text"),
        ({"text": 1}, "route.inputs.text"),
        ({"text": "x", "colour": "red"}, "route.inputs.colour"),
    ],
)
async def test_wrong_inputs_are_named(inputs: dict[str, object], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await world().events(plan_of(ANSWER), inputs)
    assert caught.value.param == param


async def test_what_the_request_brings_reaches_the_model() -> None:
    scripted = world("x")
    await scripted.result(plan_of(ANSWER), TEXT, request_id="req-1", cache_salt="salt", priority=2)
    call = scripted.chat.calls[0]
    assert (call.request_id, call.priority) == ("req-1", 2)
    assert str(call.cache_salt).startswith("salt")
