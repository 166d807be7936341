"""Served speech weights come back as they were, so that training can go on from them."""

import shutil
from pathlib import Path

import torch

from models.reference import speech_convert, speech_corpus, speech_revive, speech_vocabulary
from models.reference.speech_batches import LETTERS
from models.reference.speech_model import Shape, SpeechModel

SERVED = Path(speech_corpus.__file__).with_name("speech")


def test_weights_read_back_and_served_again_are_the_same(tmp_path: Path) -> None:
    vocabulary = speech_vocabulary.load(SERVED / "tokenizer.json")
    model = SpeechModel(Shape(vocabulary.size), len(LETTERS) + 1)
    left = model.load_state_dict(speech_revive.revive(SERVED / "model.bin"), strict=False)
    assert left.missing_keys == ["letters.weight", "letters.bias"]
    assert not left.unexpected_keys
    state = {"shape": model.shape.fields(), "average": model.state_dict()}
    torch.save(state, tmp_path / "checkpoint.pt")
    shutil.copyfile(SERVED / "tokenizer.json", tmp_path / "tokenizer.json")
    speech_convert.convert(tmp_path / "checkpoint.pt", tmp_path / "served")
    before = speech_revive.variables(SERVED / "model.bin")
    after = speech_revive.variables(tmp_path / "served" / "model.bin")
    assert before.keys() == after.keys()
    for name, values in before.items():
        assert torch.allclose(values, after[name], atol=1e-6), name
