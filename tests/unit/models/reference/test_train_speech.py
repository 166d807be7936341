"""The training loop: it resumes where it stopped, and what it saves can be served."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from models.audio import RATE
from models.deadline import Deadline
from models.local.whisper import WhisperEngine
from models.local.whisper_settings import WhisperSettings
from models.messages import TranscriptionRequest
from models.reference import speech_vocabulary
from models.reference.eval_speech import Heard, numbers, right_numbers, word_errors
from models.reference.record_speech import wav
from models.reference.speech_convert import convert
from models.reference.train_speech import Plan, Trainer
from tests.unit.models.reference.espeak import espeak

__all__ = ["espeak"]


def _trainer(folder: Path) -> Trainer:
    texts = ["Hello there.", "My order number is four two one seven."] * 20
    path = folder / "tokenizer.json"
    if not path.exists():
        speech_vocabulary.train(texts, path, count=40)
    plan = Plan(batch=2, fresh=1, pool=8, first=4, minutes=1.0)
    return Trainer(plan, folder, speech_vocabulary.load(path))


@pytest.mark.usefixtures("espeak")
async def test_a_checkpoint_is_resumed_and_served(tmp_path: Path) -> None:
    trainer = _trainer(tmp_path)
    for _ in range(2):
        assert float(trainer.step().tokens.detach()) > 0
    trainer.progress.seconds = 30.0
    trainer.save()
    resumed = _trainer(tmp_path)
    assert (resumed.progress.step, resumed.done()) == (2, 0.5)
    assert resumed.progress.next_seed == trainer.pool.next_seed
    torch.testing.assert_close(resumed.average, trainer.average)
    resumed.step()
    convert(tmp_path / "checkpoint.pt", tmp_path / "served", "float32")
    engine = WhisperEngine("speech", tmp_path / "served", WhisperSettings(max_tokens=10))
    try:
        tone = 0.3 * np.sin(np.arange(2 * RATE) / 9).astype(np.float32)
        request = TranscriptionRequest("speech", wav(tone))
        heard = await engine.transcribe(request, Deadline.after(60))
    finally:
        engine.close()
    assert heard.duration == 2.0
    assert (
        json.loads((tmp_path / "served/preprocessor_config.json").read_text())["chunk_length"] == 8
    )


def test_numbers_are_right_only_digit_by_digit() -> None:
    heard = [
        Heard("Order four two one seven.", "Order four two one seven."),
        Heard("My number is nine nine zero one five.", "my number is nine zero one five"),
        Heard("I have two routers.", "I have two routers."),
    ]
    assert numbers(heard[1].said) == ["nine nine zero one five"]
    assert numbers(heard[2].said) == []
    assert right_numbers(heard) == 0.5
    assert word_errors(heard).errors == 1
