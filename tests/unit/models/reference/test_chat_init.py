"""The heads written into the first weights already copy what they have seen once."""

import torch
from transformers import MistralForCausalLM

from models.reference import chat_init, train_chat


def _repeat_loss(model: MistralForCausalLM) -> float:
    """Give the loss on the second half of random tokens said twice."""
    torch.manual_seed(1)
    once = torch.randint(300, 1400, (8, 30))
    ids = torch.cat([once, once], 1)
    with torch.no_grad():
        logits = model(input_ids=ids[:, :-1]).logits[:, 30:]
    return float(torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 31:]))


def test_prepared_weights_copy_and_plain_ones_do_not() -> None:
    torch.manual_seed(20)
    model = MistralForCausalLM(train_chat.config(train_chat.Recipe()))
    assert _repeat_loss(model) > 7
    chat_init.prepare_copying(model, 20, [(20, 30)])
    assert _repeat_loss(model) < 5


def test_learning_rates_warm_up_and_fall() -> None:
    recipe = train_chat.Recipe(steps=1000)
    shares = [train_chat.rate_share(recipe, step) for step in range(1000)]
    assert shares[0] < 0.01
    assert max(shares) > 0.75
    assert shares[-1] == 0.02
