"""A folder of a LoRA adapter, as PEFT writes it: adapter_config.json and its weights."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from models.errors import WeightsError

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
# The ranks that vLLM sets memory aside for.
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)


def rank_of(name: str, folder: Path) -> int:
    """The adapter's rank; raises WeightsError when the folder holds no adapter."""
    if not (folder / WEIGHTS).is_file():
        raise WeightsError(
            f"'{name}' is an adapter and {folder} has no {WEIGHTS}; name its folder.",
            param="path",
        )
    try:
        rank = json.loads((folder / CONFIG).read_text(encoding="utf-8"))["r"]
    except (OSError, ValueError, KeyError, TypeError):
        rank = None
    if not isinstance(rank, int) or not 0 < rank <= _RANKS[-1]:
        raise WeightsError(
            f"{CONFIG} of '{name}' says no rank `r` from 1 to {_RANKS[-1]}; write it anew.",
            param="path",
        )
    return rank


def rank_for(ranks: Iterable[int]) -> int:
    """The rank that an engine must set memory aside for, to carry all of them."""
    largest = max(ranks)
    return next(rank for rank in _RANKS if rank >= largest)
