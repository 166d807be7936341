"""What a call may cost at most is never less than what it does cost."""

from __future__ import annotations

from models.messages import ChatRequest, Message, Sampling, ToolCall, ToolSpec, Usage
from models.tariff import NANO
from router.budget import Amount
from router.budget_estimate import (
    AROUND_ALL,
    AROUND_ONE,
    LONGEST_ANSWER,
    amount_used,
    chat_bound,
    delivered_bound,
    prompt_bound,
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


def test_a_price_that_nobody_named_counts_as_the_dearest_of_the_vendor() -> None:
    euros = card("p", price={"in": 1, "out": 1, "currency": "EUR"}).price
    for price in (None, euros):
        unnamed = PAID.model_copy(update={"price": price})
        dearest = unnamed.tariff
        assert not dearest.known
        assert amount_used(unnamed, Usage(1, 1)).nano_usd > amount_used(PAID, Usage(1, 1)).nano_usd
    assert PAID.tariff.known


def test_seconds_of_an_engine_are_money_where_a_rate_is_set() -> None:
    timed = card("mistral", price={"gpu_second": 0.5})
    assert amount_used(timed, Usage(3, 4, engine_seconds=0.25)) == Amount(7, NANO // 8)
    assert chat_bound(timed, ask(max_tokens=1), None, 2.0).nano_usd == NANO
    assert delivered_bound(timed, ask(), 5, 4.0).nano_usd == 2 * NANO
    assert amount_used(LOCAL, Usage(3, 4, engine_seconds=0.25)) == Amount(7, 0)
