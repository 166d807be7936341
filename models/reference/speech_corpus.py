"""Spoken sentences of the reference world, rendered by espeak-ng (a program for building only)."""

from __future__ import annotations

import io
import random
import re
import shutil
import subprocess
import wave
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from models.reference import utterances, world
from models.reference.speech_features import RATE, Samples

VOICE = "en-us"
SPEEDS = (150, 180)
LONGEST = 7.6
_END = re.compile(r"(?<=[.?!])\s+")


@dataclass(frozen=True)
class Spoken:
    """A text and its samples (mono, 16 kHz, in [-1, 1])."""

    text: str
    samples: Samples


def render(text: str, *, words_per_minute: int = 165, pitch: int = 50) -> Samples:
    """Speak a text; espeak-ng must be on the PATH."""
    program = shutil.which("espeak-ng")
    if program is None:
        raise FileNotFoundError("espeak-ng is missing: install it to make speech")
    command = [program, "-v", VOICE, "-s", str(words_per_minute), "-p", str(pitch), "--stdout"]
    made = subprocess.run([*command, text], capture_output=True, check=True)
    with wave.open(io.BytesIO(made.stdout)) as file:
        rate = file.getframerate()
        pcm = np.frombuffer(file.readframes(-1), dtype="<i2")
    speech = resample_poly(pcm.astype(np.float64) / 32768.0, RATE, rate)
    return np.asarray(np.clip(speech, -1.0, 1.0), dtype=np.float32)


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return _END.split(text)


def is_held_out(text: str) -> bool:
    """Say whether any sentence of a text is reserved for evaluation."""
    return any(world.is_held_out("utterance", part) for part in sentences(text))


def _caller_text(rng: random.Random) -> str:
    """One sentence, or a few that a caller says together."""
    if rng.random() < 0.45:
        return utterances.sentence(rng)
    text = utterances.sample(rng).text
    if rng.random() < 0.5:
        return text
    parts = sentences(text)
    first = rng.randrange(len(parts))
    return " ".join(parts[first : first + rng.randint(1, 2)])


@lru_cache(maxsize=1)
def known_words() -> tuple[str, ...]:
    """The words of training sentences, plain and sorted."""
    rng = random.Random(11)
    texts = (utterances.sample(rng).text for _ in range(6000))
    return tuple(sorted({word for text in texts for word in re.findall(r"[A-Za-z']+", text)}))


def _scramble(rng: random.Random) -> str:
    """Words in no order, so that the decoder cannot guess what it does not hear."""
    words = [rng.choice(known_words()) for _ in range(rng.randint(2, 7))]
    return " ".join(words).capitalize() + "."


def _digits(rng: random.Random) -> str:
    lead = rng.choice(("My order number is", "The number is", "Order", "It is", "Number", ""))
    digits = str(rng.randrange(10))
    while len(digits) < 4 or (len(digits) < 6 and rng.random() < 0.6):
        # Doubled digits are what the model gets wrong most.
        digits += digits[-1] if rng.random() < 0.3 else str(rng.randrange(10))
    if world.is_held_out("order", digits):
        return _digits(rng)
    spoken = f"{lead} {world.spoken_digits(digits)}.".strip()
    return spoken[0].upper() + spoken[1:]


def _draft(rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.12:
        return _scramble(rng)
    if draw < 0.37:
        return _digits(rng)
    return _caller_text(rng)


def training_text(rng: random.Random) -> str:
    """A text to train on: the callers' grammar, with some spoken numbers and loose words."""
    while is_held_out(text := _draft(rng)):
        continue
    return text


def _silence(seconds: float) -> Samples:
    return np.zeros(int(seconds * RATE), dtype=np.float32)


def spoken(rng: random.Random, text: str) -> Spoken:
    """Speak a text as a caller would: own tempo and pitch, air around it, a level and noise."""
    samples = render(text, words_per_minute=rng.randint(*SPEEDS), pitch=rng.randint(46, 54))
    quiet = _silence(rng.uniform(0.0, 0.5)), _silence(rng.uniform(0.0, 0.5))
    loud = np.concatenate([quiet[0], samples, quiet[1]]) * rng.uniform(0.35, 1.1)
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(len(loud))
    level = rng.choice((0.0, 10 ** rng.uniform(-4.5, -2.3)))
    return Spoken(text, np.clip(loud + level * noise, -1, 1).astype(np.float32))


def training_item(seed: int) -> Spoken:
    """The utterance of a seed, no longer than a window."""
    rng = random.Random(seed)
    while True:
        item = spoken(rng, training_text(rng))
        if len(item.samples) <= LONGEST * RATE:
            return item


def not_speech(rng: random.Random) -> Samples:
    """Silence, noise or a tone, one to seven seconds."""
    length = int(rng.uniform(1, 7) * RATE)
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(length)
    kind = rng.randrange(3)
    if kind == 0:
        return _clipped(noise * 10 ** rng.uniform(-6, -1))
    if kind == 1:
        dull = np.convolve(noise, np.ones(16) / 16, mode="same")
        return _clipped(dull * 10 ** rng.uniform(-4, -0.7))
    tone = np.sin(2 * np.pi * rng.uniform(80, 2000) * np.arange(length) / RATE)
    return _clipped(tone * 10 ** rng.uniform(-3, -0.3) + noise * 1e-4)


def _clipped(samples: NDArray[np.floating[Any]]) -> Samples:
    return np.clip(samples, -1, 1).astype(np.float32)


def held_out_texts(count: int, seed: int = 2026) -> list[str]:
    """Different sentences that training never speaks, with order numbers it never says."""
    rng = random.Random(seed)
    texts: dict[str, None] = {}
    while len(texts) < count:
        texts.setdefault(utterances.sentence(rng, held_out=True))
    return list(texts)
