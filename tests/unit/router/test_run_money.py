"""The money of a run: taken before it is spent, and never more than the plan has."""

from __future__ import annotations

from models.errors import BudgetExceeded
from tests.scripted_world import card, plan_of, world

TEXT = {"text": "Hello"}


def _generate(name: str, message: str = "input.text", more: str = "") -> str:
    given = f"prompt: support/intent@prod, with: {{message: {message}}}"
    return f"  {name}: {{use: generate, {given}{more}}}"


async def test_money_spent_drops_what_is_optional_and_stops_what_is_not() -> None:
    """Each call is of 3 tokens and may be of 128, a dollar each."""
    steps = "\n".join(
        [
            _generate("draft", more=", route: {model: one}"),
            _generate("fine", "draft", ", optional: true, route: {model: one}"),
        ]
    )
    output, price = "{reply: fine | draft}", {"in": 0, "out": 1_000_000}
    scripted = world("a b c")
    scripted.cards = (card("one", price=price),)
    rich = await scripted.result(plan_of(steps, output, budget="{usd: 131}"), TEXT)
    assert (rich.status, rich.cost_usd) == ("succeeded", 6.0)
    poor = await scripted.result(plan_of(steps, output, budget="{usd: 130}"), TEXT)
    assert (poor.status, poor.cost_usd) == ("partial", 3.0)
    required = steps.replace(", optional: true", "")
    broke = await scripted.result(plan_of(required, "{reply: fine}", budget="{usd: 130}"), TEXT)
    assert isinstance(broke.error, BudgetExceeded)
    assert broke.error.param == "budget.usd" and broke.cost_usd == 3.0


async def test_nothing_is_asked_that_may_cost_more_than_the_run_has() -> None:
    step, price = _generate("draft", more=", route: {model: one}"), {"in": 0, "out": 1_000_000}
    scripted = world("a b c")
    scripted.cards = (card("one", price=price),)
    rich = await scripted.result(plan_of(step, "{reply: draft}", budget="{usd: 128}"), TEXT)
    asked = len(scripted.chat.calls)
    assert (rich.status, asked) == ("succeeded", 1)
    poor = await scripted.result(plan_of(step, "{reply: draft}", budget="{usd: 127.99}"), TEXT)
    assert isinstance(poor.error, BudgetExceeded) and len(scripted.chat.calls) == asked


async def test_steps_at_once_do_not_both_take_the_last_of_the_money() -> None:
    steps = "\n".join(
        [
            _generate("left", more=", route: {model: one}, optional: true"),
            _generate("right", more=", route: {model: one}, optional: true"),
        ]
    )
    scripted = world("a b c")
    scripted.cards = (card("one", price={"in": 0, "out": 1_000_000}),)
    for budget, succeeded in (("256", 2), ("255", 1)):
        plan = plan_of(steps, "{reply: left | right}", budget=f"{{usd: {budget}}}")
        done = await scripted.result(plan, TEXT)
        statuses = sorted(report.status for report in done.steps)
        assert statuses.count("succeeded") == succeeded, statuses
        assert set(statuses) <= {"succeeded", "dropped"}
