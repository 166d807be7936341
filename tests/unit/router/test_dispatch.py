"""Fallback chains: every model in them is asked of the policy before it is asked anything."""

from __future__ import annotations

import pytest

from models.errors import InternalError, ModelUnavailable, Overloaded, PodiumError, PolicyDenied
from models.testing.scripted import ScriptedChat, say_in_turn
from router.label import Integrity, Label, Level
from tests.scripted_world import FixedSource, World, card, plan_of, world

STEP = (
    "  answer: {use: generate, prompt: support/intent@prod, with: {message: input.text},"
    " route: {model: mistral}, fallback: [claude]}"
)
CARDS = (card("mistral"), card("claude", site="remote", dialect="anthropic"))
TEXT = {"text": "Hello"}
SECRET = Label(Level.CONFIDENTIAL, frozenset({"pii"}))


def _world(first: PodiumError) -> tuple[World, ScriptedChat]:
    claude = ScriptedChat(say_in_turn("from outside"))
    made = world(say_in_turn(first))
    made.cards, made.chats = CARDS, {"claude": claude}
    return made, claude


@pytest.mark.parametrize("first", [ModelUnavailable("down"), Overloaded("full")])
async def test_a_fallback_that_is_not_eligible_is_never_called(first: PodiumError) -> None:
    made, claude = _world(first)
    allowed = await made.result(plan_of(STEP), TEXT)
    assert (allowed.reply, len(claude.calls)) == ("from outside", 1)

    made, claude = _world(first)
    denied = await made.result(plan_of(STEP), TEXT, floor=SECRET)
    assert denied.error is first
    assert (denied.reply, len(claude.calls)) == ("", 0)
    removed = {one.model: one.removed_by for one in denied.decisions[0].candidates}
    assert removed == {"mistral": None, "claude": "sites.remote.level"}


async def test_other_errors_do_not_go_down_the_chain() -> None:
    made, claude = _world(InternalError("broken"))
    result = await made.result(plan_of(STEP), TEXT)
    assert isinstance(result.error, InternalError)
    assert claude.calls == []


async def test_what_comes_from_outside_is_not_trusted() -> None:
    made, _ = _world(ModelUnavailable("down"))
    outside = await made.result(plan_of(STEP), TEXT)
    inside = await world("x", cards=CARDS).result(plan_of(STEP), TEXT)
    assert inside.label.integrity == Integrity.USER
    assert outside.label.integrity == Integrity.UNTRUSTED
    assert (outside.model, outside.site) == ("claude", "remote")


async def test_what_decides_a_branch_counts_as_read_on_it() -> None:
    record = "  customer: {use: query, with: {source: crm, name: snapshot, params: {id: C-1042}}}\n"
    step = STEP.replace("route:", "when: CONDITION, route:")
    for condition, denied in (("input.text", False), ("customer.rows", True)):
        made, claude = _world(ModelUnavailable("down"))
        made.source = FixedSource({"C-1042": ({"id": "C-1042"},)})
        plan = plan_of(record + step.replace("CONDITION", condition))
        result = await made.result(plan, TEXT)
        assert len(claude.calls) == (0 if denied else 1)
        assert result.decisions[0].label.categories == ({"pii"} if denied else set())
        inside = await world("x", source=made.source).result(plan, TEXT)
        assert inside.label.categories == ({"pii"} if denied else set())


async def test_a_denied_step_denies_the_run() -> None:
    steps = STEP.replace("route: {model: mistral}, fallback: [claude]", "route: {model: claude}")
    made, claude = _world(ModelUnavailable("down"))
    assert (await made.result(plan_of(steps), TEXT)).reply == "from outside"
    denied = await made.result(plan_of(steps), TEXT, floor=SECRET)
    assert len(claude.calls) == 1
    assert denied.status == "denied"
    assert isinstance(denied.error, PolicyDenied)


async def test_a_denied_alternative_denies_the_run_unless_the_plan_says_skip() -> None:
    outside = STEP.replace("answer:", "fine:").replace(
        "route: {model: mistral}, fallback: [claude]", "route: {model: claude}"
    )
    inside = STEP.replace(", fallback: [claude]", "")
    for more, status, reply in (("", "denied", ""), ("on_denied: skip, ", "partial", "inside")):
        steps = f"{outside.replace('route:', f'{more}route:')}\n{inside}"
        plan = plan_of(steps, "{reply: fine | answer}")
        claude = ScriptedChat(say_in_turn("outside"))
        made = world("inside", cards=CARDS, chats={"claude": claude})
        assert (await made.result(plan, TEXT)).reply == "outside"
        denied = await made.result(plan, TEXT, floor=SECRET)
        assert (denied.status, denied.reply, len(claude.calls)) == (status, reply, 1)
        assert {report.name: report.status for report in denied.steps}["fine"] == "denied"


async def test_use_local_is_a_change_of_configuration_only() -> None:
    steps = STEP.replace("route: {model: mistral}, fallback: [claude]",
                         "route: {model: claude}, on_denied: use_local")  # fmt: skip
    made, _ = _world(ModelUnavailable("down"))
    assert (await made.result(plan_of(steps), TEXT)).model == "claude"
    for floor, cards in ((SECRET, CARDS), (Label(), CARDS[:1])):
        local = world("from inside", cards=cards)
        result = await local.result(plan_of(steps), TEXT, floor=floor)
        assert (result.reply, result.model, result.status) == (
            "from inside", "mistral", "succeeded",
        )  # fmt: skip


async def test_auto_in_a_plan_is_a_free_choice() -> None:
    steps = STEP.replace("route: {model: mistral}, fallback: [claude]", "route: {model: auto}")
    result = await world("x", cards=CARDS).result(plan_of(steps), TEXT)
    assert (result.model, len(result.decisions[0].candidates)) == ("mistral", 2)


async def test_auto_private_in_a_plan_never_goes_outside() -> None:
    for model, asked in (("auto", {"mistral", "claude"}), ("auto:private", {"mistral"})):
        steps = STEP.replace("{model: mistral}, fallback: [claude]", f"{{model: '{model}'}}")
        result = await world("x", cards=CARDS).result(plan_of(steps), TEXT)
        assert {one.model for one in result.decisions[0].candidates} == asked


async def test_use_local_falls_back_on_no_other_model_outside() -> None:
    cards = (*CARDS, card("gemini", site="google", dialect="gemini"))
    steps = STEP.replace("mistral}, fallback: [claude]", "MODEL}, on_denied: use_local")
    for model, asked in (("gemini", {"gemini", "mistral"}), ("claude", {"claude", "mistral"})):
        result = await world("x", cards=cards).result(plan_of(steps.replace("MODEL", model)), TEXT)
        assert {one.model for one in result.decisions[0].candidates} == asked
