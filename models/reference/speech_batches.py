"""Batches of spoken utterances: always new ones, a few times each, grouped by length."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.reference import speech_corpus
from models.reference.speech_features import MELS, Features, log_mel
from models.reference.speech_vocabulary import SPACE, Vocabulary

LETTERS = " 'abcdefghijklmnopqrstuvwxyz"
WINDOW = 800


@dataclass(frozen=True)
class Item:
    """One utterance: features, token ids, letter ids from 1, and where speech lies in [0, 1]."""

    features: Features
    tokens: list[int]
    letters: list[int]
    speech: bool


@dataclass(frozen=True)
class Batch:
    """Tensors of one step; `lengths` counts encoder frames, `centres` where each target is said.

    `sizes` counts the letters of each row's tokens, and `firsts` is the place of its first token.
    """

    features: Tensor
    lengths: Tensor
    inputs: Tensor
    targets: Tensor
    centres: Tensor
    letters: Tensor
    letter_lengths: Tensor
    letter_rows: list[list[int]]
    sizes: list[list[int]]
    firsts: list[int]


def letter_ids(text: str) -> list[int]:
    """Letters of a text as CTC targets, case and punctuation left out."""
    return [LETTERS.index(char) + 1 for char in text.lower() if char in LETTERS]


def letter_sizes(tokens: list[int], vocabulary: Vocabulary) -> list[int]:
    """How many letter ids each token of a transcript covers; its leading space has none."""
    names = [vocabulary.tokenizer.id_to_token(token) or "" for token in tokens]
    plain = [name.replace(SPACE, " ").lower() for name in names]
    sizes = [sum(char in LETTERS for char in name) for name in plain]
    return [sizes[0] - 1, *sizes[1:]] if sizes else []


def letter_text(ids: list[int]) -> str:
    """Collapse one path of letter ids, blanks being 0, into a text."""
    kept = [a for a, b in zip(ids, [0, *ids], strict=False) if a != b and a]
    return "".join(LETTERS[i - 1] for i in kept)


def make_item(seed: int, vocabulary: Vocabulary) -> Item:
    """The training item of a seed; one in thirty is no speech at all."""
    rng = random.Random(f"kind-{seed}")
    if rng.random() < 1 / 30:
        return Item(log_mel(speech_corpus.not_speech(rng)), [], [], speech=False)
    made = speech_corpus.training_item(seed)
    return Item(
        log_mel(made.samples), vocabulary.encode(made.text), letter_ids(made.text), speech=True
    )


class Pool:
    """The newest `size` items; `refresh` replaces the oldest ones."""

    def __init__(self, vocabulary: Vocabulary, size: int, first_seed: int) -> None:
        self.vocabulary = vocabulary
        self.next_seed = first_seed
        self._items: deque[Item] = deque(maxlen=size)

    def refresh(self, count: int) -> None:
        """Add new items."""
        for seed in range(self.next_seed, self.next_seed + count):
            self._items.append(make_item(seed, self.vocabulary))
        self.next_seed += count

    def draw(self, rng: random.Random, count: int) -> list[Item]:
        """Items of like length."""
        drawn = sorted(rng.sample(self._items, min(8 * count, len(self._items))), key=_frames)
        first = rng.randrange(max(1, len(drawn) - count + 1))
        return drawn[first : first + count]


def _frames(item: Item) -> int:
    return int(item.features.shape[1])


def _masked(features: Features, rng: random.Random) -> Features:
    """A copy at another level with a few bands and moments wiped out."""
    made = features + np.float32(rng.uniform(-0.1, 0.1))
    for _ in range(rng.randint(0, 2)):
        start, width = rng.randrange(made.shape[1]), rng.randint(2, 10)
        made[:, start : start + width] = 0.0
    if rng.random() < 0.4:
        band = rng.randrange(MELS - 8)
        made[band : band + rng.randint(2, 8)] = 0.0
    return made


def _centres(tokens: list[int], vocabulary: Vocabulary) -> list[float]:
    """Where each token and the end lie in the text, from 0 to 1, by count of letters."""
    sizes = [len(vocabulary.tokenizer.id_to_token(token) or "?") for token in tokens]
    ends = np.cumsum(sizes)
    middle = (ends - np.array(sizes) / 2) / ends[-1] if tokens else np.zeros(0)
    return [*middle.tolist(), 1.0]


def corrupted(ids: list[int], share: float, limit: int, rng: random.Random) -> list[int]:
    """The ids with a share of them replaced at random: who decodes them must listen."""
    return [rng.randrange(limit) if rng.random() < share else i for i in ids]


@dataclass(frozen=True)
class _Row:
    first: int
    inputs: list[int]
    targets: list[int]
    centres: list[float]


def _row(item: Item, vocabulary: Vocabulary, rng: random.Random, worst: float) -> _Row:
    """What the decoder reads, should write and where; one in twelve has a prompt before it."""
    share = worst * rng.random() if rng.random() < 0.75 else 0.0
    heard = corrupted(item.tokens, share, vocabulary.end, rng)
    prompt: list[int] = []
    if rng.random() < 1 / 12:
        words = vocabulary.encode(speech_corpus.training_text(rng))
        prompt = [vocabulary.previous, *words[-rng.randint(1, 40) :]]
    first = vocabulary.no_timestamps if item.speech else vocabulary.no_speech
    said = _centres(item.tokens, vocabulary) if item.speech else [-1.0]
    return _Row(
        len(prompt) + 1,
        [*prompt, vocabulary.start, vocabulary.no_timestamps, *heard],
        [-100] * len(prompt) + [first, *item.tokens, vocabulary.end],
        [-1.0] * (len(prompt) + 1) + said,
    )


def _padded(rows: list[list[int]] | list[list[float]], filler: float, dtype: torch.dtype) -> Tensor:
    longest = max(len(row) for row in rows)
    return torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows], dtype=dtype)


@dataclass(frozen=True)
class Mix:
    """How hard a batch is: the most corruption of a row, and how often a window is filled up.

    Serving always fills the window, which costs time to train on.
    """

    worst: float = 0.6
    full: float = 0.25


def collate(items: list[Item], vocabulary: Vocabulary, rng: random.Random, mix: Mix) -> Batch:
    """Pad items into one batch, a share of batches to the whole window."""
    longest = max(_frames(item) for item in items)
    width = WINDOW if rng.random() < mix.full else min(WINDOW, longest + rng.randrange(1, 60))
    width += width % 2
    features = np.zeros((len(items), MELS, width), dtype=np.float32)
    for row, item in enumerate(items):
        features[row, :, : _frames(item)] = _masked(item.features, rng)
    rows = [_row(item, vocabulary, rng, mix.worst) for item in items]
    return Batch(
        torch.from_numpy(features),
        torch.tensor([_frames(item) // 2 for item in items]),
        _padded([row.inputs for row in rows], vocabulary.end, torch.long),
        _padded([row.targets for row in rows], -100, torch.long),
        _padded([row.centres for row in rows], -1.0, torch.float32),
        torch.tensor([i for item in items for i in item.letters], dtype=torch.long),
        torch.tensor([len(item.letters) for item in items]),
        [item.letters for item in items],
        [letter_sizes(item.tokens, vocabulary) for item in items],
        [row.first for row in rows],
    )
