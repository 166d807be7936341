"""Token ids of training conversations: the same text as the chat template, the same for a seed."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer

from models.reference import chat_corpus, chat_encoding, chat_mixture, chat_tokenizer

WEIGHTS = Path(chat_corpus.__file__).with_name("chat")
Pair = tuple[Any, Any]


@pytest.fixture(scope="module")
def tokenizers() -> Pair:
    return (
        Tokenizer.from_file(str(WEIGHTS / "tokenizer.json")),
        AutoTokenizer.from_pretrained(str(WEIGHTS), local_files_only=True),
    )


def test_training_sees_what_the_chat_template_renders(tokenizers: Pair) -> None:
    plain, templated = tokenizers
    rng = random.Random(1)
    talks = [chat_mixture.conversation(rng, 1.0) for _ in range(200)]
    whole_answers = [t for t in talks if not any("practice" in m for m in t.messages)]
    assert len(whole_answers) > 100
    for drawn in whole_answers:
        seen = [{k: v for k, v in message.items() if k != "source"} for message in drawn.messages]
        prompt = templated.apply_chat_template(seen[:-1], tools=drawn.tools, tokenize=False)
        whole = templated.apply_chat_template(seen, tools=drawn.tools, tokenize=False)
        text = "<s>" + "".join(
            part for part, _ in chat_encoding.pieces(type(drawn)(seen, drawn.tools))
        )
        assert whole == text
        assert whole.startswith(prompt)
        ids = plain.encode(whole, add_special_tokens=False).ids
        assert ids == chat_encoding.encode(plain, type(drawn)(seen, drawn.tools))[0]


def test_an_unseen_reference_is_not_in_the_text(tokenizers: Pair) -> None:
    plain, _ = tokenizers
    ids = plain.encode("[REF3]Refunds take 3 days [3].</s>", add_special_tokens=False).ids
    assert chat_tokenizer.is_reference(ids[0])
    assert "[REF3]" in plain.decode(ids, skip_special_tokens=False)
    assert plain.decode(ids) == "Refunds take 3 days [3]."


def test_digits_are_single_tokens(tokenizers: Pair) -> None:
    assert tokenizers[0].encode("order 4217").tokens[-4:] == ["4", "2", "1", "7"]


def test_only_answers_are_learnt(tokenizers: Pair) -> None:
    for batch in chat_encoding.pool(tokenizers[0], 3, 0, 1.0, 24, 2048):
        assert batch.ids.size <= 2048 or len(batch.ids) == 1
        for ids, answer in zip(batch.ids, batch.answer, strict=True):
            assert answer.any()
            assert not answer[ids == chat_tokenizer.PAD].any()
            assert not answer[0]


def test_a_pool_depends_on_its_place_alone(tokenizers: Pair) -> None:
    first = chat_encoding.pool(tokenizers[0], 3, 5, 0.5, 16, 2048)
    again = chat_encoding.pool(tokenizers[0], 3, 5, 0.5, 16, 2048)
    other = chat_encoding.pool(tokenizers[0], 3, 6, 0.5, 16, 2048)
    assert all(np.array_equal(a.ids, b.ids) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a.ids, b.ids) for a, b in zip(first, other, strict=False))
