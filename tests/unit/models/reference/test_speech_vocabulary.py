"""The speech model's tokens."""

from __future__ import annotations

import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.reference import speech_vocabulary, utterances
from models.reference.speech_vocabulary import SPECIALS, Vocabulary

SERVED = Path("models/reference/speech")


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return speech_vocabulary.load(SERVED / "tokenizer.json")


@given(st.text(max_size=40).map(str.strip))
def test_every_text_comes_back(text: str) -> None:
    vocabulary = speech_vocabulary.load(SERVED / "tokenizer.json")
    assert vocabulary.decode(vocabulary.encode(text)).strip() == text.strip()


def test_a_word_never_starts_with_a_lone_space(vocabulary: Vocabulary) -> None:
    starts = [" -", " '", " ♩", *(f" {char}zq" for char in string.ascii_letters)]
    for text in starts:
        assert vocabulary.tokenizer.encode(text).tokens[0] != speech_vocabulary.SPACE


def test_words_of_the_world_are_few_tokens(vocabulary: Vocabulary) -> None:
    assert len(vocabulary.encode("four two one seven")) == 4
    rng = random.Random(5)
    texts = [utterances.sentence(rng) for _ in range(200)]
    tokens = sum(len(vocabulary.encode(text)) for text in texts)
    assert tokens < 1.6 * sum(len(text.split()) for text in texts)


def test_the_special_tokens_stand_in_whispers_order(vocabulary: Vocabulary) -> None:
    ids = [vocabulary.tokenizer.token_to_id(name) for name in SPECIALS]
    assert ids == list(range(ids[0], ids[0] + len(SPECIALS)))
    assert vocabulary.size == ids[-1] + 1
    names = vocabulary.names()
    assert names[vocabulary.no_timestamps + 1] == "<|0.00|>"
    assert names[-1] == "<|30.00|>"
    assert len(names) == len(set(names)) == vocabulary.size + 1501


def test_the_same_texts_give_the_same_tokens(tmp_path: Path) -> None:
    texts = ["Where is my order?", "My order is late.", "Where is my router?"] * 5
    made = [speech_vocabulary.train(texts, tmp_path / str(i), count=30, least=5) for i in range(2)]
    assert made[0].names() == made[1].names()
    assert len(made[0].encode("Where is my order?")) < len("Where is my order?") / 2
