"""Training conversations: answers are in the passages, and nothing held out leaks."""

import random
import re

from models.reference import (
    chat_corpus,
    chat_exam,
    chat_facts,
    chat_mixture,
    chat_skills,
    contract,
    world,
)

CONTEXTS = [(random.Random(seed), 6) for seed in range(300)]
TALKS = [chat_corpus.grounded(random.Random(seed), 6, 2) for seed in range(300)]


def _cited(passages: str, answer: str) -> bool:
    match = re.fullmatch(r"(.+) \[(\d)\]\.", answer)
    assert match, answer
    line = next(line for line in passages.splitlines() if line.startswith(f"[{match[2]}] "))
    return f"{match[1]}." in line


def test_answers_copy_the_passage_they_cite() -> None:
    answered = 0
    for talk in TALKS:
        for message in talk[2::2]:
            if message["content"] != contract.REFUSAL:
                answered += 1
                assert _cited(talk[1]["content"], message["content"])
    assert answered > 300


def test_prompts_are_those_of_the_contract() -> None:
    for talk in TALKS:
        assert talk[0] == {"role": "system", "content": contract.ANSWER_SYSTEM}
        assert re.match(r"\[1\] .+\n\[2\] .+\n(.|\n)*\nQuestion: .+$", talk[1]["content"])


def test_two_facts_of_one_context_never_answer_one_question() -> None:
    for rng, count in CONTEXTS:
        facts = chat_corpus.make_context(rng, count, False).every()
        keys = [(fact.topic, fact.product, fact.number) for fact in facts]
        assert len(set(keys)) == len(keys)


def test_resolve_prefers_the_product_then_the_general_fact() -> None:
    exact = chat_facts.Fact("refund", "headset", "Headset refunds take 3 days.")
    general = chat_facts.Fact("refund", "", "Refunds take 9 days.")
    other = chat_facts.Fact("refund", "router", "Router refunds take 5 days.")
    ask = chat_facts.Ask("refund", "headset", "When?")
    assert chat_facts.resolve([other, general, exact], ask) == exact
    assert chat_facts.resolve([other, general], ask) == general
    assert chat_facts.resolve([other], ask) is None
    assert chat_facts.resolve([other, exact], chat_facts.Ask("refund", "", "When?")) is False


def test_resolve_finds_the_product_of_an_order_through_its_record() -> None:
    record = chat_facts.Fact("order", "headset", "Order 4217 for a headset was paid.", "4217")
    other = chat_facts.Fact("order", "router", "Order 9006 for a router was paid.", "9006")
    refund = chat_facts.Fact("refund", "headset", "Headset refunds take 3 days.")
    more = chat_facts.Fact("refund", "router", "Router refunds take 5 days.")
    ask = chat_facts.Ask("refund", "", "My order is 4217. When is my refund?", "4217")
    assert chat_facts.resolve([record, refund, more], ask) == refund
    assert chat_facts.resolve([record, more], ask) is None
    mine = chat_facts.Ask("order", "", "Where is my order?")
    assert chat_facts.resolve([record, refund], mine) == record
    assert chat_facts.resolve([record, other], mine) is False
    assert chat_facts.resolve([refund], mine) is None


def test_the_exam_removes_and_changes_the_fact() -> None:
    items = list(chat_exam.items(1, 40))
    for grounded, refused, changed, _ in zip(*[iter(items)] * 4, strict=True):
        fact = grounded.expected[: grounded.expected.rindex(" [")]
        assert fact in grounded.messages[1]["content"]
        assert fact not in refused.messages[1]["content"]
        assert refused.expected == contract.REFUSAL
        assert changed.expected != grounded.expected
        assert _cited(changed.messages[1]["content"], changed.expected)


def test_training_never_draws_a_held_out_amount() -> None:
    rng = random.Random(5)
    found: set[str] = set()
    for _ in range(400):
        for message in chat_corpus.grounded(rng, 3, 1):
            found.update(re.findall(r"(?:within|takes|costs) (\d+(?:\.\d+)?) ", message["content"]))
    assert len(found) > 50
    assert not any(world.is_held_out("amount", value) for value in found)
    exam = " ".join(item.expected for item in chat_exam.items(2, 200) if item.kind == "grounded")
    values = re.findall(r"(?:within|takes|costs) (\d+(?:\.\d+)?) ", exam)
    assert values
    assert all(world.is_held_out("amount", value) for value in values)


def test_marks_count_exact_answers() -> None:
    items = list(chat_exam.items(3, 2))
    answers = [item.expected for item in items]
    assert set(chat_exam.marks(items, answers).values()) == {1.0}
    answers[0] = f"{answers[0]}!"
    assert chat_exam.marks(items, answers)["grounded"] == 0.5


def test_styles_keep_facts_and_citations() -> None:
    for item in chat_exam.styles(4, 40):
        if item.kind == "escalation":
            assert re.match(r"Customer C-1\d{3} is (angry|unhappy) ", item.expected)
            continue
        source = item.messages[1]["content"]
        for mark in re.findall(r"\S+ \[\d\]", item.expected):
            assert mark in source


def test_intents_are_compact_json() -> None:
    answer = contract.intent_json("refund", "headset", "4217", -0.6)
    assert answer == (
        '{"intent":"refund","product":"headset","order":"4217","sentiment":-0.6,'
        '"needs":"refund headset"}'
    )


def test_tool_calls_name_an_offered_tool() -> None:
    for seed in range(100):
        drawn = chat_skills.tools(random.Random(seed))
        assert drawn.tools
        names = {tool["function"]["name"] for tool in drawn.tools}
        calls = [call for message in drawn.messages for call in message.get("tool_calls", ())]
        assert {call["function"]["name"] for call in calls} <= names


def test_most_contexts_have_six_passages() -> None:
    rng = random.Random(1)
    counts = [chat_mixture.draw_count(rng) for _ in range(600)]
    assert set(counts) == {1, 2, 3, 4, 5, 6}
    assert counts.count(6) > 300


def test_passages_are_put_on_one_line() -> None:
    assert contract.passage("## Refunds\n\nRefunds take\n3 days.") == "Refunds Refunds take 3 days."
