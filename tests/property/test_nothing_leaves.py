"""Over drawn plans: what may not leave never reaches a model outside, by any branch or fallback."""

from __future__ import annotations

import random
from dataclasses import replace

from models.errors import ModelUnavailable
from models.messages import ChatRequest
from models.testing.scripted import ScriptedChat
from router.label import Clearance, Level
from router.plan import Plan
from router.policy import Policy
from tests.scripted_world import POLICY, FixedSource, World, card, plan_of

PLANS = 150
CANARY = "CANARY-7341"
CARDS = (card("mistral"), card("claude", site="remote", dialect="anthropic"))
OPEN = replace(POLICY, sites=POLICY.sites | {"remote": Clearance(Level.RESTRICTED, None)})
RECORD = "  customer: {use: query, with: {source: crm, name: snapshot, params: {id: C-1}}}"


def _echo(request: ChatRequest) -> str:
    return f"said {request.messages[-1].content}"


def _plan(rng: random.Random) -> Plan:
    names = [f"s{number}" for number in range(rng.randint(2, 6))]
    steps = [RECORD]
    for index, name in enumerate(names):
        sources = ["input.text", "customer.rows", *names[:index]]
        read = rng.sample(sources, rng.randint(1, min(3, len(sources))))
        when = f", when: {rng.choice(sources)}" if rng.random() < 0.3 else ""
        first, second = rng.sample(["mistral", "claude"], 2)
        chain = f", fallback: [{second}]" if rng.random() < 0.5 else ", on_denied: use_local"
        steps.append(
            f"  {name}: {{use: generate, prompt: support/intent@prod, optional: true,"
            f" with: {{message: [{', '.join(read)}]}}, route: {{model: {first}}}{chain}{when}}}"
        )
    return plan_of("\n".join(steps), f"{{reply: {' | '.join(reversed(names))}}}")


async def _outside(plan: Plan, policy: Policy, notes: tuple[str, ...], *, up: bool) -> list[str]:
    """What the model outside was sent, the customer having these rows."""

    def inside(request: ChatRequest) -> str | ModelUnavailable:
        return _echo(request) if up else ModelUnavailable("down")

    claude = ScriptedChat(_echo)
    made = World(ScriptedChat(inside), {"claude": claude}, cards=CARDS, policy=policy)
    made.source = FixedSource({"C-1": tuple({"id": "C-1", "note": note} for note in notes)})
    result = await made.result(plan, {"text": "Hello"})
    if CANARY in result.reply:
        assert "pii" in result.label.categories
    return sorted(call.messages[-1].content for call in claude.calls)


async def test_what_may_not_leave_never_does() -> None:
    leaked_when_allowed = sent = 0
    for seed in range(PLANS):
        plan, up = _plan(random.Random(seed)), seed % 4 != 0
        allowed = await _outside(plan, OPEN, (CANARY,), up=up)
        leaked_when_allowed += any(CANARY in text for text in allowed)
        guarded = await _outside(plan, POLICY, (CANARY,), up=up)
        sent += len(guarded)
        assert not any(CANARY in text for text in guarded), seed
    assert leaked_when_allowed > PLANS // 4
    assert sent > PLANS // 4


async def test_what_is_sent_outside_does_not_depend_on_what_may_not_leave() -> None:
    differs_when_allowed = 0
    for seed in range(PLANS):
        plan, up = _plan(random.Random(seed)), seed % 4 != 0
        records = ((CANARY,), ("another", "two"), ())
        allowed = [await _outside(plan, OPEN, notes, up=up) for notes in records]
        differs_when_allowed += allowed[0] != allowed[1]
        guarded = [await _outside(plan, POLICY, notes, up=up) for notes in records]
        assert guarded[0] == guarded[1] == guarded[2], seed
    assert differs_when_allowed > PLANS // 4
