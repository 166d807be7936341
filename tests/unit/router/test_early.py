"""Steps begun on the words that stand: which may be, what is kept of them, and what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from models.deadline import Deadline
from models.errors import ModelUnavailable
from models.testing.scripted import ScriptedChat
from router.early import EarlyWork
from router.events import RunResult
from router.label import Label, Level
from router.plan import Plan
from router.run import BEGUN
from router.steps.kind import RunRequest
from tests.scripted_world import CARDS, FixedSource, World, card, plan_of, support, world

HEARD = (
    "  heard: {use: transcribe, with: {audio: input.text}, when: input.text == '', stream: true}\n"
)
LOOK = "  look: {use: query, with: {source: crm, name: all, params: {id: input.text}}}\n"
ANSWER = "  answer: {use: generate, prompt: support/intent@prod, with: {message: input.text}}\n"
WAIT = "  answer: {use: generate, prompt: support/intent@prod, needs: [look],\
 with: {message: input.text}}\n"
ROWS = {"C-1042": ({"id": "C-1042"},)}
INPUTS = {"customer_id": "C-1042"}
INTENT = '{"intent": "refund", "product": "", "order": "", "sentiment": 0, "needs": "money"}'


def deadline() -> Deadline:
    return Deadline.after(60)


def made() -> World:
    return world(INTENT, source=FixedSource(ROWS))


async def rehearsed(
    plan: Plan, one: World, inputs: dict[str, Any], early: EarlyWork | None = None, **more: Any
) -> EarlyWork:
    early = early or one.executor().early(plan)
    await one.executor().rehearse(plan, RunRequest(inputs, early=early, **more), deadline())
    return early


def begun(result: RunResult) -> set[str]:
    return {step.name for step in result.steps if step.summary == BEGUN}


def test_what_the_reply_waits_for_may_be_begun_and_what_writes_it_may_not() -> None:
    early = world().executor().early(support()).steps
    assert early == {"transcribe", "message", "intent", "customer", "policies", "context"}


@pytest.mark.parametrize(
    "steps",
    [
        LOOK + WAIT,
        HEARD + "  look: {use: act, with: {action: crm_write, customer: input.text}}\n" + WAIT,
        HEARD + LOOK + ANSWER,
    ],
    ids=["the plan does not ask for it", "an act", "nobody waits for it"],
)
def test_what_may_not_be_begun(steps: str) -> None:
    assert "look" in world().executor().early(plan_of(HEARD + LOOK + WAIT)).steps
    assert "look" not in world().executor().early(plan_of(steps)).steps


async def test_the_same_words_are_not_asked_about_again() -> None:
    one = made()
    early = await rehearsed(support(), one, {"text": "My money back", **INPUTS})
    assert (len(one.chat.calls), len(one.source.calls), len(one.searcher.calls)) == (1, 1, 1)
    result = await one.result(support(), {"text": "My money back", **INPUTS}, early=early)
    assert begun(result) >= {"message", "intent", "customer", "policies"}
    assert (len(one.source.calls), len(one.searcher.calls)) == (1, 1)
    assert [step.status for step in result.steps if step.name == "intent"] == ["succeeded"]
    assert [one.step for one in result.decisions].count("intent") == 1


async def test_other_words_are_asked_about_anew_and_the_customer_is_not() -> None:
    one = made()
    early = await rehearsed(support(), one, {"text": "My money", **INPUTS})
    early = await rehearsed(support(), one, {"text": "My money back", **INPUTS}, early)
    assert (len(one.chat.calls), len(one.source.calls), len(one.searcher.calls)) == (2, 1, 2)
    result = await one.result(support(), {"text": "My money back now", **INPUTS}, early=early)
    # Nothing is found by these words, so the passages are the same.
    assert begun(result) == {"customer", "context"}
    assert len(one.source.calls) == 1
    asked = [call.messages[-1].content for call in one.chat.calls[:3]]
    assert ["back" in text for text in asked] == [False, True, True]
    assert "now" in asked[2]


async def test_other_labels_or_another_policy_are_another_thing() -> None:
    plan, inputs = plan_of(HEARD + LOOK + WAIT), {"text": "C-1042"}
    one = made()
    early = await rehearsed(plan, one, inputs)
    higher = await one.result(plan, inputs, early=early, floor=Label(Level.RESTRICTED))
    assert "look" not in begun(higher) and len(one.source.calls) == 2
    other = replace(one, policy=replace(one.policy, digest="sha256:other"))
    assert (
        begun(await other.result(plan, inputs, early=await rehearsed(plan, one, inputs))) == set()
    )
    assert begun(await one.result(plan, inputs, early=await rehearsed(plan, one, inputs)))


async def test_what_a_step_was_told_is_in_the_label_of_what_is_kept() -> None:
    for source in ("crm", "web"):
        plan, inputs = plan_of(HEARD + LOOK.replace("crm", source) + WAIT), {"text": "C-1042"}
        one = made()
        anew = await one.result(plan, inputs)
        kept = await one.result(plan, inputs, early=await rehearsed(plan, one, inputs))
        assert begun(kept) == {"look"}
        assert [step.label for step in kept.steps] == [step.label for step in anew.steps]
        assert kept.label == anew.label


async def test_nobody_outside_is_asked_before_the_words_are_whole() -> None:
    remote = card("far", site="remote", dialect="anthropic")
    text = HEARD + LOOK.replace("look", "look0") + (
        "  look: {use: generate, prompt: support/intent@prod, with: {message: input.text},"
        " route: {model: MODEL}}\n" + WAIT
    )  # fmt: skip
    for model, asked in (("mistral", 1), ("far", 0)):
        plan, far = plan_of(text.replace("MODEL", model)), ScriptedChat(lambda _: INTENT)
        one = replace(made(), cards=(*CARDS, remote), chats={"far": far})
        await rehearsed(plan, one, {"text": "Hello"}, floor=Label(Level.PUBLIC))
        assert (len(one.chat.calls), len(far.calls)) == (asked, 0)


async def test_a_step_that_failed_is_done_again() -> None:
    one = replace(made(), chat=ScriptedChat(lambda _: ModelUnavailable("Away.", param="model")))
    early = await rehearsed(support(), one, {"text": "My money back", **INPUTS})
    assert len(one.chat.calls) == 1
    one.chat = made().chat
    result = await one.result(support(), {"text": "My money back", **INPUTS}, early=early)
    assert "customer" in begun(result) and "intent" not in begun(result)
    assert [step.status for step in result.steps if step.name == "intent"] == ["succeeded"]
