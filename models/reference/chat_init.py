"""Start the reference chat model with the two attention heads that copying is made of.

A transformer learns to copy once a head that looks one token back meets, a layer later, a head
that looks for "what came after this token before" (induction heads, Olsson et al. 2022). A small
model on one core waits long for the two to meet, so they are written into the random weights
here; every weight stays free to change.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import MistralForCausalLM

CONSTANT = 0.25
"""What every embedding holds in dimension 0, for a head that looks at place and not at content."""


def prepare_copying(model: MistralForCausalLM, seed: int, pairs: Iterable[tuple[int, int]]) -> None:
    """Write a previous-token head into layer 0 and an induction head into layer 1.

    ``pairs`` are tokens that begin alike, such as ``[REF3]`` and ``[3]``.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    size, width = model.config.hidden_size, model.config.head_dim
    basis = torch.linalg.qr(torch.randn(size - 1, size - 1, generator=generator))[0]
    content = torch.cat([torch.zeros(width, 1), basis[:width]], 1)
    previous = torch.cat([torch.zeros(width, 1), basis[width : 2 * width]], 1)
    with torch.no_grad():
        table = model.model.embed_tokens.weight
        table -= table @ previous.T @ previous
        for reference, citation in pairs:
            table[reference] = table[citation]
        table[:, 0] = CONSTANT
        scale = table.pow(2).mean().sqrt()
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        _look_back(model, float(CONSTANT / scale))
        first = model.model.layers[0].self_attn
        first.v_proj.weight[:width] = content
        first.o_proj.weight[:, :width] = previous.T * scale
        second = model.model.layers[1].self_attn
        second.q_proj.weight[:width] = _slow(content) * 2.2
        second.k_proj.weight[:width] = _slow(previous) * 2.2
        second.v_proj.weight[:width] = content
        second.o_proj.weight[:, :width] = content.T * scale * 4.0


def _slow(rows: torch.Tensor) -> torch.Tensor:
    """Keep the rows whose rotary angle hardly moves over a context, and clear the others."""
    half = rows.shape[0] // 2
    kept = rows.clone()
    kept[: half // 2] = 0
    kept[half : half + half // 2] = 0
    return kept


def _look_back(model: MistralForCausalLM, constant: float) -> None:
    """Make head 0 of layer 0 attend to the token before, through the fast rotary pairs alone."""
    attention, width = model.model.layers[0].self_attn, model.config.head_dim
    theta = model.config.rope_parameters["rope_theta"]
    strength = 9.0 / constant
    attention.q_proj.weight[:width] = 0
    attention.k_proj.weight[:width] = 0
    for pair in range(10):
        angle = theta ** (-2 * pair / width)
        attention.q_proj.weight[pair, 0] = strength
        attention.k_proj.weight[pair, 0] = strength * math.cos(angle)
        attention.k_proj.weight[pair + width // 2, 0] = strength * math.sin(angle)
