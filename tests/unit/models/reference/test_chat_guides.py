"""What the corpus tells the chat model's heads while it trains, token by token."""

import random
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from models.reference import chat_corpus, chat_encoding, chat_guides
from models.reference.chat_encoding import Row
from models.reference.chat_skills import Conversation

WEIGHTS = Path(chat_corpus.__file__).with_name("chat")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))


def _rows(tokenizer: Tokenizer) -> list[tuple[Row, Conversation]]:
    rows = []
    for seed in range(60):
        messages, facts = chat_corpus.grounded_in(random.Random(seed), 6, 4)
        talk = Conversation(messages, facts=facts)
        rows.append((chat_encoding.row(tokenizer, talk), talk))
    return rows


def test_every_copied_token_is_the_one_the_answer_says_next(tokenizer: Tokenizer) -> None:
    said, different = 0, 0
    for row, _ in _rows(tokenizer):
        for spot, source in row.guides["copy"].items():
            said += 1
            different += row.ids[spot + 1] != row.ids[source]
            assert source < spot
    assert said > 1_000
    assert different < said / 15, "only a sentence's first word may differ, by its capital or space"


def test_a_question_finds_the_end_of_its_fact_or_nothing(tokenizer: Tokenizer) -> None:
    for row, talk in _rows(tokenizer):
        wanted = [m for m in talk.messages if m["role"] == "assistant"]
        found = [row.guides["find"][spot] for spot in sorted(row.guides["find"])][::2]
        assert len(found) == len(wanted)
        for place, message in zip(found, wanted, strict=True):
            assert bool(place) == bool(message["fact"])
            if place:
                before = tokenizer.decode(row.ids[:place])
                assert before.endswith(message["fact"][:-1])


def test_topics_and_products_stand_at_the_end_of_each_fact(tokenizer: Tokenizer) -> None:
    named = 0
    for row, talk in _rows(tokenizer):
        ends = {tokenizer.decode(row.ids[: spot + 1]): spot for spot in row.guides["topic"]}
        for fact in talk.facts:
            spot = next(spot for text, spot in ends.items() if text.endswith(fact.text))
            assert chat_guides.TOPICS[row.guides["topic"][spot]] == fact.topic
            if fact.product and spot in row.guides["product"]:
                named += 1
                token = tokenizer.decode([row.ids[row.guides["product"][spot]]])
                assert token.strip().lower()[0] in fact.product.lower()
    assert named > 100


def test_a_conversation_without_passages_has_no_guides(tokenizer: Tokenizer) -> None:
    talk = Conversation([{"role": "user", "content": "Hello"},
                         {"role": "assistant", "content": "Hello."}])  # fmt: skip
    assert chat_encoding.row(tokenizer, talk).guides == {}


def test_practice_says_where_and_nothing_else(tokenizer: Tokenizer) -> None:
    messages, facts = chat_corpus.grounded_in(random.Random(5), 6, 1, practice=8)
    row = chat_encoding.row(tokenizer, Conversation(messages, facts=facts))
    learnt = [row.ids[i] for i, said in enumerate(row.answer) if said]
    marks = {tokenizer.token_to_id(f"[REF{number}]") for number in range(7)}
    assert sum(token in marks for token in learnt) == 9
    assert len(row.guides["find"]) == 18
    assert all(token in marks for token in learnt[:8]), "an end or a word would be learnt as well"
