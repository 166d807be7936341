"""The speech model's tokens: byte-level pieces learnt from the grammar, then Whisper's own.

A word of the world is mostly one token with its leading space. Every word start has such a token:
a lone space must never be needed, because faster-whisper suppresses the first token of " -", " '"
and " ♩" and would glue words together.
"""

from __future__ import annotations

import string
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SPECIALS = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
TIMESTAMPS = tuple(f"<|{step * 0.02:.2f}|>" for step in range(1501))
SPACE = "\u0120"
WORD_STARTS = tuple(SPACE + char for char in string.ascii_letters + string.digits + "-'\u00e2")

Merge = tuple[str, str]


def _pieces(texts: Iterable[str]) -> Counter[str]:
    split = pre_tokenizers.ByteLevel(add_prefix_space=False)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(piece for piece, _ in split.pre_tokenize_str(f" {text}"))
    return counts


def _merge(symbols: tuple[str, ...], pair: Merge) -> tuple[str, ...]:
    merged: list[str] = []
    for symbol in symbols:
        if merged and (merged[-1], symbol) == pair:
            merged[-1] += symbol
        else:
            merged.append(symbol)
    return tuple(merged)


def learn_merges(texts: Iterable[str], count: int, least: int) -> list[Merge]:
    """Word starts first, then at most `count` of the commonest pairs seen `least` times."""
    forced = [(SPACE, start[1]) for start in WORD_STARTS]
    words = {tuple(piece): seen for piece, seen in _pieces(texts).items()}
    for pair in forced:
        words = {_merge(symbols, pair): seen for symbols, seen in words.items()}
    learnt: list[Merge] = []
    while len(learnt) < count:
        pairs: Counter[Merge] = Counter()
        for symbols, seen in words.items():
            for pair in pairwise(symbols):
                pairs[pair] += seen
        best = min(pairs.items(), key=lambda item: (-item[1], item[0]), default=None)
        if best is None or best[1] < least:
            break
        learnt.append(best[0])
        words = {_merge(symbols, best[0]): seen for symbols, seen in words.items()}
    return forced + learnt


def build(merges: list[Merge]) -> Tokenizer:
    """A tokenizer of the 256 bytes, the merges and the special tokens, timestamps left out."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate(alphabet)}
    for left, right in merges:
        vocabulary.setdefault(left + right, len(vocabulary))
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIALS])
    return tokenizer


def train(texts: Iterable[str], path: Path, *, count: int = 900, least: int = 12) -> Vocabulary:
    """Learn the vocabulary from texts and write it to `path` as tokenizer.json."""
    build(learn_merges(texts, count, least)).save(str(path))
    return load(path)


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer and the ids that Whisper's prompt needs."""

    tokenizer: Tokenizer
    end: int
    start: int
    previous: int
    no_speech: int
    no_timestamps: int

    @property
    def size(self) -> int:
        """Tokens without the 1501 timestamps, which follow the last one."""
        return self.no_timestamps + 1

    def encode(self, text: str) -> list[int]:
        """Ids of a transcript with its leading space."""
        return list(self.tokenizer.encode(f" {text}", add_special_tokens=False).ids)

    def decode(self, ids: Iterable[int]) -> str:
        """The transcript of text ids; special tokens are left out."""
        return str(self.tokenizer.decode([i for i in ids if i < self.end])).strip()

    def names(self) -> list[str]:
        """Every token in the order of its id, timestamps included."""
        known = sorted(self.tokenizer.get_vocab().items(), key=lambda item: item[1])
        return [name for name, _ in known] + list(TIMESTAMPS)


def load(path: Path) -> Vocabulary:
    """Read tokenizer.json."""
    tokenizer = Tokenizer.from_file(str(path))
    ids = tokenizer.get_vocab()
    return Vocabulary(
        tokenizer,
        end=ids["<|endoftext|>"],
        start=ids["<|startoftranscript|>"],
        previous=ids["<|startofprev|>"],
        no_speech=ids["<|nospeech|>"],
        no_timestamps=ids["<|notimestamps|>"],
    )
