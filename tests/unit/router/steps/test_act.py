"""The step `act`: done, waiting or denied, by the label of everything in its context."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.errors import InvalidConfig, LedgerUnavailable, NotFound, PolicyDenied
from router.acts.act import digest_of
from router.events import RunResult
from router.label import Integrity, Label, Level
from router.policy import Policy
from router.policy_rules import ActionRule
from tests.acting_world import KeptActs
from tests.scripted_world import POLICY, FixedSource, World, plan_of, world

TEXT = {"text": "C-1042"}
ASK = "  answer: {use: generate, prompt: support/intent@prod, with: {message: input.text}}\n"
NOTE = "with: {action: crm_write, customer: input.text, note: answer}"


def _free(action: str = "crm_write", integrity: Integrity = Integrity.USER) -> Policy:
    rules = {**POLICY.actions, action: ActionRule(action, integrity, approvals=0)}
    return replace(POLICY, actions=rules)


async def _run(steps: str, made: World, **more: object) -> tuple[RunResult, KeptActs]:
    assert isinstance(made.acts, KeptActs)
    return await made.result(plan_of(ASK + steps), TEXT, **more), made.acts


async def test_an_act_waits_for_people_and_the_run_with_it() -> None:
    result, acts = await _run(f"  file: {{use: act, {NOTE}}}", world("Broken."), key_id="k1")
    [act] = acts.asked
    assert acts.done == []
    assert result.status == "waiting" and result.error is None and result.reply == "Broken."
    assert result.approvals == (act.id,)
    assert act.arguments == {"customer": "C-1042", "note": "Broken."}
    assert act.digest == digest_of("crm_write", act.arguments)
    assert (act.run_id, act.step, act.key_id, act.needed) == (result.run_id, "file", "k1", 1)
    assert act.policy_digest == POLICY.digest
    assert "Broken." not in repr(act) and "Broken." not in str(act.facts())


async def test_an_act_that_needs_nobody_is_done_at_once() -> None:
    result, acts = await _run(f"  file: {{use: act, {NOTE}}}", world(policy=_free()))
    assert result.status == "succeeded"
    assert [act.step for act in acts.done] == ["file"] and acts.asked == []


@pytest.mark.parametrize("source", ["mail", "web", "tool", "archive"])
@pytest.mark.parametrize("way", ["argument", "condition", "needs"])
async def test_what_is_less_trusted_sets_off_nothing(source: str, way: str) -> None:
    steps = (
        f"  seen: {{use: query, with: {{source: {source}, name: all, params: {{id: C-1}}}}}}\n"
        + {
            "argument": "  file: {use: act, with: {action: crm_write, customer: input.text,"
            " note: seen.rows.first | answer}}",
            "condition": f"  file: {{use: act, when: seen.rows or input.text, {NOTE}}}",
            "needs": f"  file: {{use: act, needs: [seen], {NOTE}}}",
        }[way]
    )
    source_of = FixedSource({"C-1": ({"id": "1"},)})
    denied, acts = await _run(steps, world(source=source_of))
    assert (acts.asked, acts.done) == ([], [])
    assert denied.status == "denied" and isinstance(denied.error, PolicyDenied)
    assert "actions.crm_write" in denied.error.message
    trusted = replace(POLICY, sources=POLICY.sources | {source: Label(Level.INTERNAL)})
    _, acts = await _run(steps, world(source=FixedSource({"C-1": ({"id": "1"},)}), policy=trusted))
    assert len(acts.asked) == 1


async def test_what_is_labelled_above_the_place_is_not_written_there() -> None:
    steps = f"  file: {{use: act, {NOTE}}}"
    kept, acts = await _run(steps, world(), floor=Label(Level.CONFIDENTIAL))
    assert len(acts.asked) == 1 and kept.status == "waiting"
    for floor in (Label(Level.RESTRICTED), Label(categories=frozenset({"secret"}))):
        denied, acts = await _run(steps, world(), floor=floor)
        assert acts.asked == [] and denied.status == "denied"
        assert denied.error is not None and "sources.crm_notes" in denied.error.message


async def test_nothing_is_written_for_two_tenants() -> None:
    steps = f"  file: {{use: act, {NOTE}}}"
    denied, acts = await _run(steps, world(), floor=Label(tenants=frozenset({"another"})))
    assert acts.asked == [] and denied.status == "denied"


async def test_what_may_not_be_kept_does_not_wait() -> None:
    closed = replace(POLICY, sinks={name: one for name, one in POLICY.sinks.items()
                                    if name != "runs"})  # fmt: skip
    denied, acts = await _run(f"  file: {{use: act, {NOTE}}}", world(policy=closed))
    assert acts.asked == [] and denied.error is not None
    assert "sinks.runs" in denied.error.message


async def test_an_act_that_no_rule_names_is_denied_and_one_without_a_tool_not_found() -> None:
    steps = "  file: {use: act, with: {action: launch, note: answer}}"
    denied, _ = await _run(steps, world())
    assert isinstance(denied.error, PolicyDenied) and "actions.launch" in denied.error.message
    unknown, _ = await _run(
        steps.replace("use: act", "use: act, optional: false"), world(policy=_free("launch"))
    )
    assert any(step.summary == NotFound.code for step in unknown.steps)


async def test_a_step_after_an_act_goes_on_with_what_became_of_it() -> None:
    steps = (
        f"  file: {{use: act, {NOTE}}}\n"
        "  after: {use: generate, prompt: support/intent@prod, with: {message: input.text},"
        " when: file.status == 'done'}"
    )
    waiting, _ = await _run(steps, world())
    assert {one.name: one.status for one in waiting.steps}["after"] == "skipped"
    done, _ = await _run(steps, world(policy=_free()))
    assert {one.name: one.status for one in done.steps}["after"] == "succeeded"


async def test_an_act_that_cannot_be_recorded_is_not_done() -> None:
    acts = KeptActs(error=LedgerUnavailable("The ledger can't be written."))
    result, _ = await _run(f"  file: {{use: act, {NOTE}}}", world(policy=_free(), acts=acts))
    assert acts.done == []
    assert {one.name: one.summary for one in result.steps}["file"] == "ledger_unavailable"
    assert result.reply == "Fine."


async def test_an_act_without_one_of_its_arguments_is_left_out() -> None:
    result, acts = await _run(f"  file: {{use: act, {NOTE}}}", world(""))
    assert acts.asked == []
    assert {one.name: one.status for one in result.steps}["file"] == "skipped"


@pytest.mark.parametrize("action", ["input.text", "answer", "'Crm Write'", "7", "", "[crm_write]"])
def test_which_act_it_is_stands_in_the_plan(action: str) -> None:
    good = "  file: {use: act, with: {action: crm_write, note: answer}}"
    assert plan_of(ASK + good).step("file").use == "act"
    with pytest.raises(InvalidConfig, match=r"steps\.file\.with\.action"):
        plan_of(ASK + good.replace("action: crm_write", f"action: {action}"))


def test_an_act_is_never_tried_again() -> None:
    good = f"  file: {{use: act, {NOTE}}}"
    plan_of(ASK + good)
    with pytest.raises(InvalidConfig, match="must not be done twice"):
        plan_of(ASK + good.replace("use: act", "use: act, retry: {attempts: 1}"))
