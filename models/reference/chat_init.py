"""Start the reference chat model with the attention heads that finding and copying are made of.

A small model on one core waits very long for such heads to meet by chance, so they are written
into the random weights; every weight stays free to change. For copying: a head that looks one
token back and, a layer later, one that looks for what came after this token before (induction
heads, Olsson et al. 2022). For finding: each token learns the number of its passage from the
citation mark before it; each word of a question looks for the same word in the passages and takes
that passage's number; the last token counts these votes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import MistralForCausalLM

CONSTANT = 0.25
"""What every embedding holds in one dimension, for heads that look at place and not at content."""
_PLACE, _MARK = 0, 1
_STEM, _OWN = range(2, 34), range(34, 58)
_BEFORE, _PASSAGE, _VOTE = range(58, 90), range(90, 114), range(114, 138)
_FAST = range(10)
_MIDDLE = range(7, 12)


@dataclass(frozen=True)
class Vocabulary:
    """What the first weights know of tokens: texts, how telling each is, marks and unseen twins."""

    texts: Sequence[str]
    telling: Sequence[float]
    marks: Sequence[int]
    twins: Sequence[tuple[int, int]]


def prepare(model: MistralForCausalLM, seed: int, vocabulary: Vocabulary) -> None:
    """Write the heads into the weights of a model of heads of 64 and at least three layers."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        scale = _embed(model, generator, vocabulary)
        writer = _Writer(model, scale, CONSTANT / scale)
        writer.clear(0, 0)
        writer.look(0, 0, _FAST, 9.0, lambda angle: angle)
        writer.carry(0, 0, [*_OWN, *_STEM[:8]], _BEFORE, 1.0)
        writer.clear(0, 1)
        writer.look(0, 1, _MIDDLE, 6.0, lambda angle: 0.0, key=_MARK)
        writer.carry(0, 1, _OWN, _PASSAGE, 1.0)
        writer.match(1, 0, [*_OWN, *_STEM[:8]], _BEFORE, 2.2)
        writer.carry(1, 0, [*_STEM, *_OWN], [*_STEM, *_OWN], 4.0)
        writer.match(1, 1, _STEM, _STEM, 2.0)
        writer.carry(1, 1, _PASSAGE, _VOTE, 2.0)
        writer.clear(2, 0)
        writer.look(2, 0, _MIDDLE, 4.0, lambda angle: 0.0)
        writer.carry(2, 0, _VOTE, _OWN, 15.0)


def _embed(model: MistralForCausalLM, generator: torch.Generator, vocabulary: Vocabulary) -> float:
    """Lay the embeddings out: forms of one word share their stem's part; returns their scale."""
    import torch

    table = model.model.embed_tokens.weight
    table[:, [*_BEFORE, *_PASSAGE, *_VOTE]] = 0
    stems: dict[str, torch.Tensor] = {}
    for index, text in enumerate(vocabulary.texts):
        shared = stem(text)
        if shared not in stems:
            stems[shared] = torch.randn(len(_STEM), generator=generator) * 0.05
        table[index, _STEM.start : _STEM.stop] = stems[shared] * vocabulary.telling[index]
    for twin, mark in vocabulary.twins:
        table[twin] = table[mark]
    table[:, _PLACE] = CONSTANT
    table[:, _MARK] = 0
    table[list(vocabulary.marks), _MARK] = CONSTANT
    return float(table.pow(2).mean().sqrt())


def stem(text: str) -> str:
    """Give what the forms of a word share: no space before, no capital, no plural."""
    word = text.removeprefix("Ġ").lower()
    return word.removesuffix("s") if len(word) > 3 else word or text


@dataclass(frozen=True)
class _Writer:
    """Writes one head at a time; ``constant`` is the constant as a layer's input has it."""

    model: MistralForCausalLM
    scale: float
    constant: float

    def clear(self, layer: int, head: int) -> None:
        """Forget a head's random query and key."""
        rows = slice(64 * head, 64 * head + 64)
        attention = self.model.model.layers[layer].self_attn
        attention.q_proj.weight[rows] = 0
        attention.k_proj.weight[rows] = 0

    def look(
        self,
        layer: int,
        head: int,
        pairs: range,
        strength: float,
        turn: Callable[[float], float],
        key: int = _PLACE,
    ) -> None:
        """Attend by distance: rotary pair by pair, most where ``turn`` of its angle meets it."""
        attention = self.model.model.layers[layer].self_attn
        theta = self.model.config.rope_parameters["rope_theta"]
        weight = strength / self.constant
        for pair in pairs:
            angle, row = turn(theta ** (-2 * pair / 64)), 64 * head + pair
            attention.q_proj.weight[row, _PLACE] = weight
            attention.k_proj.weight[row, key] = weight * math.cos(angle)
            attention.k_proj.weight[row + 32, key] = weight * math.sin(angle)

    def match(
        self, layer: int, head: int, query: Sequence[int], key: Sequence[int], strength: float
    ) -> None:
        """Attend by content, in the rotary pairs whose angle hardly moves over a context."""
        self.clear(layer, head)
        attention = self.model.model.layers[layer].self_attn
        rows = [64 * head + row for row in (*range(16, 32), *range(48, 64))]
        for row, wanted, held in zip(rows, query, key, strict=True):
            attention.q_proj.weight[row, wanted] = strength
            attention.k_proj.weight[row, held] = strength

    def carry(
        self, layer: int, head: int, source: Sequence[int], target: Sequence[int], gain: float
    ) -> None:
        """Carry dimensions of the token attended to into dimensions of this one."""
        attention = self.model.model.layers[layer].self_attn
        attention.v_proj.weight[64 * head : 64 * head + 64] = 0
        for row, (taken, put) in enumerate(zip(source, target, strict=True), 64 * head):
            attention.v_proj.weight[row, taken] = 1.0
            attention.o_proj.weight[put, row] = gain * self.scale
