"""The network that is trained must be the network that is served."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.reference import speech_vocabulary
from models.reference.speech_batches import LETTERS, Item, Mix, collate, letter_ids, letter_text
from models.reference.speech_convert import hugging_face
from models.reference.speech_losses import measure
from models.reference.speech_model import Shape, SpeechModel
from models.reference.speech_vocabulary import Vocabulary

SERVED = Path("models/reference/speech")


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return speech_vocabulary.load(SERVED / "tokenizer.json")


def _small(vocabulary: Vocabulary, seed: int = 1) -> SpeechModel:
    torch.manual_seed(seed)
    shape = Shape(vocabulary.size, width=32, heads=2, encoder_layers=1, decoder_layers=2)
    return SpeechModel(shape, len(LETTERS) + 1)


def test_transformers_whisper_says_the_same(vocabulary: Vocabulary) -> None:
    model = _small(vocabulary).eval()
    served = hugging_face(model.shape, model.state_dict(), vocabulary)
    features = torch.randn(1, 80, 800, generator=torch.Generator().manual_seed(2))
    ids = torch.tensor([[vocabulary.start, vocabulary.no_timestamps, 70, 71]])
    with torch.no_grad():
        states, looks = model.decoder(ids, model.encoder(features, 0.0), 0.0)
        theirs = served(input_features=features, decoder_input_ids=ids).logits
    ours = states @ model.decoder.embed_tokens.weight.T
    torch.testing.assert_close(theirs[..., : vocabulary.size + 1], ours, atol=1e-4, rtol=1e-4)
    assert theirs.shape[-1] == vocabulary.size + 1501
    assert looks[0].shape == (1, 2, 4, 400)


def test_greedy_decoding_stops_at_the_end_token(vocabulary: Vocabulary) -> None:
    model = _small(vocabulary).eval()
    features = torch.zeros(1, 80, 100)
    prompt = [vocabulary.start, vocabulary.no_timestamps]
    ids = model.greedy(features, prompt, end=-1, most=5)
    assert len(ids) == 5
    assert model.greedy(features, prompt, end=ids[0], most=5) == []


def _items(vocabulary: Vocabulary) -> list[Item]:
    rng = np.random.default_rng(3)
    texts = ["Hello there.", "Order four two one seven.", "Thanks."]
    made = [
        Item(rng.normal(size=(80, n)).astype(np.float32), vocabulary.encode(t), letter_ids(t), True)
        for n, t in zip((120, 240, 90), texts, strict=True)
    ]
    return [*made, Item(np.zeros((80, 150), dtype=np.float32), [], [], speech=False)]


def test_a_few_steps_learn_a_batch(vocabulary: Vocabulary) -> None:
    import random

    model = _small(vocabulary)
    optimiser = torch.optim.AdamW(model.parameters(), 3e-3)
    batch = collate(_items(vocabulary), vocabulary, random.Random(1), Mix(0.0))
    seen = []
    for _ in range(25):
        losses = measure(model, batch, 0.0)
        total = losses.ctc + losses.tokens + losses.stray
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        seen.append(float(total.detach()))
    assert seen[-1] < 0.6 * seen[0]


def test_what_is_no_speech_is_taught_as_such(vocabulary: Vocabulary) -> None:
    import random

    batch = collate(_items(vocabulary), vocabulary, random.Random(2), Mix(0.6))
    firsts = [row[row >= 0][0].item() for row in batch.targets]
    assert firsts == [vocabulary.no_timestamps] * 3 + [vocabulary.no_speech]
    assert batch.letter_lengths.tolist()[-1] == 0
    assert (batch.centres[-1] < 0).all()
    assert batch.features.shape[-1] <= 800


def test_letters_collapse_into_a_text() -> None:
    path = [0, 1, *letter_ids("hel"), 0, *letter_ids("lo"), 0, 0]
    assert letter_text(path) == " hello"
    assert letter_ids("A-b?") == letter_ids("ab")
