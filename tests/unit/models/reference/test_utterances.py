"""Callers' sentences: what they hold agrees with what they are labelled."""

import random
import re
from collections import Counter

from models.reference import utterances, world

DRAWN = [utterances.sample(random.Random(seed)) for seed in range(3_000)]


def test_the_same_seed_says_the_same() -> None:
    again = [utterances.sample(random.Random(seed)) for seed in range(50)]
    assert again == DRAWN[:50]


def test_every_intent_product_and_sentiment_is_heard() -> None:
    assert {said.intent for said in DRAWN} == set(world.INTENTS)
    assert {said.product for said in DRAWN} == {*world.PRODUCTS, None}
    assert {said.sentiment for said in DRAWN} == set(world.SENTIMENTS)


def test_labels_are_in_the_text() -> None:
    for said in DRAWN:
        assert said.order is None or world.spoken_digits(said.order) in said.text
        assert (said.product is None) == (said.product not in world.PRODUCTS)
        assert said.product is None or said.product in said.text


def test_no_grammar_is_left_in_the_text() -> None:
    for said in DRAWN:
        assert not re.search(r"[<>(){}|]|  | [.,?!]|[a-z][A-Z]", said.text), said.text
        assert said.text[-1] in ".?!"
        assert not re.search(r"\d", said.text)


def test_callers_say_one_to_four_sentences() -> None:
    counts = Counter(len(re.findall(r"[.?!](?: |$)", said.text)) for said in DRAWN)
    assert set(counts) <= {1, 2, 3, 4, 5}
    assert counts[1] > 100
    assert counts[5] < 100


def test_the_vocabulary_is_broad() -> None:
    words = Counter(word for said in DRAWN for word in re.findall(r"[a-z']+", said.text.lower()))
    assert len(words) > 600


def test_held_out_texts_and_numbers_are_never_in_training() -> None:
    rng = random.Random(9)
    held = [utterances.sample(rng, held_out=True) for _ in range(300)]
    assert not {said.text for said in held} & {said.text for said in DRAWN}
    assert all(world.is_held_out("order", said.order) for said in held if said.order)
    assert not any(world.is_held_out("order", said.order) for said in DRAWN if said.order)


def test_complaints_are_unhappy_and_praise_is_not() -> None:
    for said in DRAWN:
        if said.intent == "complaint":
            assert said.sentiment < -0.4
        if said.sentiment == 0.6:
            assert re.search(
                r"great|excellent|wonderful|good|fantastic|happy|pleased|satisfied"
                r"|perfect|lovely|love|like|well|kind|helpful|friendly",
                said.text,
            )


def test_single_sentences_are_short() -> None:
    rng = random.Random(2)
    assert all(len(utterances.sentence(rng).split()) < 30 for _ in range(500))
