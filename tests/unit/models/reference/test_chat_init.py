"""The heads written into the first weights already copy."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from transformers import MistralForCausalLM

from models.reference import (
    chat_corpus,
    chat_init,
    chat_tokenizer,
    chat_vocabulary,
    train_chat,
)

WEIGHTS = Path(chat_corpus.__file__).with_name("chat")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(WEIGHTS / "tokenizer.json"))


def _repeat_loss(model: MistralForCausalLM) -> float:
    """Give the loss on the second half of random tokens said twice."""
    torch.manual_seed(1)
    once = torch.randint(300, 1390, (8, 30))
    ids = torch.cat([once, once], 1)
    with torch.no_grad():
        logits = model(input_ids=ids[:, :-1]).logits[:, 30:]
    return float(torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 31:]))


def test_prepared_weights_copy_where_plain_ones_do_not(tokenizer: Tokenizer) -> None:
    torch.manual_seed(20)
    model = MistralForCausalLM(train_chat.config(train_chat.Recipe()))
    assert _repeat_loss(model) > 7
    chat_init.prepare(model, 20, chat_vocabulary.describe(tokenizer, 20, samples=60))
    assert _repeat_loss(model) < 5.5


def test_forms_of_a_word_share_their_stem() -> None:
    assert {chat_init.stem(text) for text in ("Ġheadset", "Headsets", "headset")} == {"headset"}
    assert chat_init.stem("Ġ") == "Ġ"
    assert chat_init.stem("is") == "is"


def test_learning_rates_warm_up_and_fall() -> None:
    recipe = train_chat.Recipe(steps=1000)
    shares = [train_chat.rate_share(recipe, step) for step in range(1000)]
    assert shares[0] < 0.05
    assert max(shares) > 0.75
    assert shares[-1] == 0.02


def test_references_pair_with_their_citations(tokenizer: Tokenizer) -> None:
    for twin, mark in chat_tokenizer.references(tokenizer):
        assert tokenizer.id_to_token(twin) == f"[REF{tokenizer.id_to_token(mark)[1:]}"
