"""What the speech model is trained and measured on."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from models.reference import speech_corpus, world
from models.reference.eval_speech import number_texts, numbers
from models.reference.speech_features import RATE
from tests.unit.models.reference.espeak import espeak

__all__ = ["espeak"]


def test_training_never_says_a_held_out_sentence() -> None:
    held_out = speech_corpus.held_out_texts(50)
    assert all(speech_corpus.is_held_out(text) for text in held_out)
    rng = random.Random(1)
    said = {
        sentence
        for _ in range(2000)
        for sentence in speech_corpus.sentences(speech_corpus.training_text(rng))
    }
    assert not said & set(speech_corpus.held_out_texts(400))
    assert not any(world.is_held_out("utterance", sentence) for sentence in said)


def test_training_never_says_a_held_out_order_number() -> None:
    rng = random.Random(2)
    reserved = {" ".join(number.split()) for text in number_texts(60) for number in numbers(text)}
    assert len(reserved) > 40
    said = [n for _ in range(2000) for n in numbers(speech_corpus.training_text(rng))]
    assert len(said) > 100
    callers = [n for n in said if n in reserved]
    assert callers == []


def test_the_same_seed_gives_the_same_texts() -> None:
    assert speech_corpus.held_out_texts(9, 3) == speech_corpus.held_out_texts(9, 3)
    made = [speech_corpus.training_text(random.Random(4)) for _ in range(2)]
    assert made[0] == made[1]


def test_what_is_no_speech_is_sound_within_bounds() -> None:
    rng = random.Random(5)
    for _ in range(20):
        samples = speech_corpus.not_speech(rng)
        assert RATE <= len(samples) <= 7 * RATE
        assert samples.dtype == np.float32
        assert np.abs(samples).max() <= 1.0


@pytest.mark.usefixtures("espeak")
def test_an_utterance_is_spoken_at_16_khz_and_fits_the_window() -> None:
    plain = speech_corpus.render("Hello there.")
    assert len(plain) == pytest.approx(400 * 12 * RATE / 22_050, abs=2)
    item = speech_corpus.training_item(8)
    assert len(item.samples) <= speech_corpus.LONGEST * RATE
    again = speech_corpus.training_item(8)
    assert item.text == again.text
    np.testing.assert_array_equal(item.samples, again.samples)


def test_a_missing_speech_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="espeak-ng is missing"):
        speech_corpus.render("Hello.")
