"""The salt of the prefix cache: one for each level of what a step is given."""

from __future__ import annotations

from tests.scripted_world import plan_of, world

ANSWER = "  answer: {use: generate, prompt: support/intent@prod, with: {message: input.text}}"
TEXT = {"text": "Hello"}


async def test_prompts_of_different_levels_share_no_prefix() -> None:
    """Whether a prefix is cached already can be timed: that must not tell of data above."""
    scripted = world("x")
    steps = ANSWER + (
        "\n  customer: {use: query, with: {source: crm, name: all, params: {id: C-1}}}\n"
        "  told: {use: generate, prompt: support/intent@prod, needs: [customer],"
        " with: {message: input.text}}\n"
    )
    await scripted.result(plan_of(steps), TEXT, cache_salt="salt")
    await scripted.result(plan_of(steps), TEXT, cache_salt="other")
    salts = [call.cache_salt for call in scripted.chat.calls]
    assert len(salts) == len(set(salts)) == 4
    unsalted = world("x")
    await unsalted.result(plan_of(ANSWER), TEXT)
    assert unsalted.chat.calls[0].cache_salt is None
