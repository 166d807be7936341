"""A pipeline asks a model outside about a customer: tokens go out, values come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.errors import PolicyDenied
from models.messages import ChatRequest
from models.testing.scripted import Say, ScriptedChat, say_in_turn
from router.events import RunResult, StepDelta
from router.label import Integrity, Level
from router.plan import Plan
from router.policy import Policy
from router.policy_rules import DeclassifierRule, DenyRule, When
from router.recorder import Recorder, Recording, Replaying
from router.route_object import route_object
from tests.scripted_world import POLICY, FixedSource, World, card, plan_of

RULE = DeclassifierRule(
    "pseudonyms",
    frozenset({"pii"}),
    highest=Level.CONFIDENTIAL,
    lowest=Level.INTERNAL,
    never=frozenset({"secret", "phi"}),
    recall=0.99,
    measured=0.99,
    approved=True,
)
OPEN = replace(POLICY, declassifiers={"pseudonyms": RULE})
CARDS = (card("mistral"), card("claude", site="remote", dialect="anthropic"))
ROW = {"id": "C-1042", "name": "Maria Young", "email": "maria.young@example.com"}
PLAN = """  customer: {use: query, with: {source: crm, name: snapshot, params: {id: C-1}}}
  answer: {use: generate, prompt: support/intent@prod, route: {model: claude},
    with: {message: [input.text, customer.rows]}}
"""
TEXT = {"text": "I am maria young, where is my lamp?"}


def _echo(request: ChatRequest) -> Say:
    return Say(tuple(f"You: {request.messages[-1].content}"))


def _world(policy: Policy, claude: ScriptedChat, recorder: Recorder | None = None) -> World:
    made = World(ScriptedChat(say_in_turn("inside")), {"claude": claude}, cards=CARDS)
    made.policy, made.source = policy, FixedSource({"C-1": (ROW,)})
    if recorder is not None:
        made.recorder = lambda: recorder
    return made


def _plan(step: str = PLAN) -> Plan:
    return plan_of(step, "{reply: answer}")


async def _run(policy: Policy = OPEN) -> tuple[RunResult, ScriptedChat]:
    claude = ScriptedChat(_echo)
    return await _world(policy, claude).result(_plan(), TEXT), claude


async def test_tokens_go_out_and_values_come_back() -> None:
    denied, claude = await _run(POLICY)
    assert isinstance(denied.error, PolicyDenied)
    assert claude.calls == []

    result, claude = await _run()
    assert result.error is None
    sent = " ".join(message.content for message in claude.calls[0].messages)
    assert "[[PERSON:" in sent
    assert "[[EMAIL:" in sent
    for value in ("maria", "young", "C-1042"):
        assert value.lower() in result.reply.lower()
        assert value.lower() not in sent.lower()
    assert "[[" not in result.reply


async def test_the_decision_and_the_route_say_what_was_done() -> None:
    result, claude = await _run()
    first, second = result.decisions
    assert [one.model for one in first.declassify] == ["claude"]
    assert (first.order, first.declassified) == ((), None)
    assert (second.order, second.declassified) == (("claude",), "pseudonyms")
    assert second.label.level == Level.INTERNAL
    origin = claude.calls[0].origin
    assert origin is not None
    assert (origin.decision_id, origin.label) == (second.id, second.label.to_json())
    counts = {one["type"]: one["count"] for one in route_object(result, "dec-1")["redactions"]}
    assert counts == {"CUSTOMER": 1, "EMAIL": 1, "PERSON": 2}


async def test_the_answer_keeps_the_label_of_what_it_is_about() -> None:
    result, _ = await _run()
    assert (result.label.level, result.label.categories) == (Level.CONFIDENTIAL, {"pii"})
    assert result.label.integrity == Integrity.UNTRUSTED


async def test_the_stream_shows_values_and_never_a_part_of_a_token() -> None:
    claude = ScriptedChat(lambda request: Say(tuple(f"Dear {request.messages[-1].content}")))
    events = await _world(OPEN, claude).events(_plan(), TEXT)
    said = [event.text for event in events if isinstance(event, StepDelta)]
    assert "Young" in "".join(said)
    assert len(said) > 20
    assert "[[PERSON:" in claude.calls[0].messages[-1].content
    assert "[[" not in "".join(said)


@pytest.mark.parametrize(
    "rule",
    [replace(RULE, approved=False), replace(RULE, measured=None), replace(RULE, measured=0.5)],
)
async def test_without_approval_or_recall_it_stays_inside(rule: DeclassifierRule) -> None:
    assert (await _run())[1].calls
    result, claude = await _run(replace(POLICY, declassifiers={"pseudonyms": rule}))
    assert isinstance(result.error, PolicyDenied)
    assert claude.calls == []


async def test_a_denial_is_final() -> None:
    assert (await _run())[1].calls
    rule = DenyRule("no-pii", When(categories=frozenset({"pii"})), outside=True)
    result, claude = await _run(replace(OPEN, deny=(rule,)))
    assert isinstance(result.error, PolicyDenied)
    assert claude.calls == []


async def test_what_may_be_asked_as_it_is_is_not_redacted() -> None:
    claude = ScriptedChat(_echo)
    made = _world(OPEN, claude)
    local = _plan(PLAN.replace("claude", "mistral"))
    result = await made.result(local, TEXT)
    assert "Maria Young" in made.chat.calls[0].messages[-1].content
    assert route_object(result, "dec-1")["redactions"] == []
    assert claude.calls == []


async def test_a_token_the_model_made_up_is_an_alarm_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    await _run()
    assert caplog.records == []
    claude = ScriptedChat(lambda request: Say(tuple("Ask [[EMAIL:k3f9q2x7]]")))
    result = await _world(OPEN, claude).result(_plan(), TEXT)
    assert result.reply == "Ask [[EMAIL:k3f9q2x7]]"
    assert [record.message for record in caplog.records] == ["tokens nobody issued"]
    assert "k3f9q2x7" not in caplog.text


async def test_a_run_is_replayed_with_its_values() -> None:
    kept = Recording()
    claude = ScriptedChat(_echo)
    first = await _world(OPEN, claude, recorder=kept).result(_plan(), TEXT)
    silent = ScriptedChat(say_in_turn("not asked"))
    again = await _world(OPEN, silent, recorder=Replaying(kept.entries)).result(_plan(), TEXT)
    assert (again.reply, silent.calls) == (first.reply, [])
    assert len(claude.calls) == 1
