"""What a call may cost at most is never less than what it does cost."""

from __future__ import annotations

import pytest

from models.errors import PermissionDenied
from models.messages import ChatRequest, Message, Sampling, ToolCall, ToolSpec, Usage
from router.budget import Amount
from router.budget_estimate import (
    AROUND_ALL,
    AROUND_ONE,
    LONGEST_ANSWER,
    amount_used,
    chat_bound,
    delivered_bound,
    prompt_bound,
    require_price,
    text_bound,
)
from tests.scripted_world import card

LOCAL = card("mistral")
PAID = card(
    "paid", "openai", "openai_compatible", price={"in": 2.0, "out": 8.0}, base_url="https://x"
)
BARE = AROUND_ALL + AROUND_ONE + len("user")


def ask(text: str = "Hi", **sampling: int) -> ChatRequest:
    return ChatRequest("m", (Message("user", text),), Sampling(**sampling))


def test_bytes_bound_tokens_whatever_the_script() -> None:
    assert prompt_bound(ask("ab")) == BARE + 2
    assert prompt_bound(ask("日本")) == BARE + 6
    assert prompt_bound(ask("\ud800")) == BARE + 3


def test_tools_calls_and_names_count() -> None:
    plain = prompt_bound(ask())
    call = ToolCall("id", "find", "{}")
    tool = ToolSpec("find", "Finds.", {"type": "object"})
    said = (Message("user", "Hi", name="Ann", tool_calls=(call,), tool_call_id="abc"),)
    assert prompt_bound(ChatRequest("m", said)) == plain + AROUND_ONE + len("Annabcidfind{}")
    assert prompt_bound(ChatRequest("m", ask().messages, tools=(tool,))) > plain + len("Finds.")


def test_the_answer_is_bounded_by_max_tokens_then_by_the_window() -> None:
    prompt = BARE + 2
    assert chat_bound(LOCAL, ask(max_tokens=10), None).tokens == prompt + 10
    assert chat_bound(LOCAL, ask(max_tokens=10, n=3), None).tokens == prompt + 30
    assert chat_bound(LOCAL, ask(), None).tokens == prompt + LONGEST_ANSWER
    assert chat_bound(LOCAL, ask(), 2048).tokens == 2048
    assert chat_bound(LOCAL, ask("x" * 9000, n=2), 2048).tokens == 4096


def test_money_is_the_price_of_a_million_tokens_and_rounded_up() -> None:
    assert amount_used(PAID, Usage(1_000_000, 1_000_000)) == Amount(2_000_000, 10_000_000_000)
    assert chat_bound(PAID, ask(max_tokens=10), None).nano_usd == (BARE + 2) * 2000 + 10 * 8000
    odd = PAID.model_copy(update={"price": card("p", price={"in": 0.00015, "out": 0}).price})
    assert amount_used(odd, Usage(1)).nano_usd == 1


def test_a_broken_answer_costs_its_prompt_and_what_was_delivered() -> None:
    assert delivered_bound(PAID, ask(), 5) == Amount(BARE + 7, (BARE + 2) * 2000 + 5 * 8000)


def test_texts_to_embed() -> None:
    assert text_bound(LOCAL, ["ab", "c"]) == Amount(3 + 2 * AROUND_ONE, 0)


def test_what_has_no_price_in_dollars_is_refused_to_a_budget_in_dollars() -> None:
    require_price(LOCAL)
    require_price(PAID)
    euros = PAID.model_copy(
        update={"price": card("p", price={"in": 1, "out": 1, "currency": "EUR"}).price}
    )
    for unpriced in (PAID.model_copy(update={"price": None}), euros):
        with pytest.raises(PermissionDenied, match="no price in USD") as caught:
            require_price(unpriced)
        assert caught.value.param == "model"
