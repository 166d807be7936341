"""Read the served speech weights back, so that training can go on from what is in the tree.

Eight-bit weights come back as floats with their rounding; the letter head, which is not served,
starts anew. The layout of model.bin is CTranslate2's (`ctranslate2.specs.model_spec`, version 6).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.reference.speech_model import TIMESTAMP_COUNT

_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)
_FUSED = {
    "self_attention": ("self_attn", (("q_proj", "k_proj", "v_proj"), ("out_proj",))),
    "attention": ("encoder_attn", (("q_proj",), ("k_proj", "v_proj"), ("out_proj",))),
}


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def number(self, kind: str) -> int:
        (value,) = struct.unpack_from(kind, self.data, self.place)
        self.place += struct.calcsize(kind)
        return int(value)

    def name(self) -> str:
        length = self.number("H")
        self.place += length
        return self.data[self.place - length : self.place - 1].decode()

    def array(self) -> NDArray[Any]:
        shape = [self.number("I") for _ in range(self.number("B"))]
        kind = np.dtype(_TYPES[self.number("B")])
        size = self.number("I")
        values = np.frombuffer(self.data, kind, size // kind.itemsize, self.place)
        self.place += size
        return values.reshape(shape)


def variables(path: Path) -> dict[str, Tensor]:
    """The variables of a model.bin as floats, scales already taken out."""
    reader = _Reader(path.read_bytes())
    reader.number("I"), reader.name(), reader.number("I")
    raw = {reader.name(): reader.array() for _ in range(reader.number("I"))}
    found = {}
    for name, values in raw.items():
        if name.endswith("_scale"):
            continue
        scale = raw.get(f"{name}_scale", np.ones(1, np.float32))
        wide = scale.reshape(-1, *[1] * (values.ndim - 1)) if values.ndim else scale[0]
        found[name] = torch.tensor(values / wide, dtype=torch.float32)
    return found


def revive(path: Path) -> dict[str, Tensor]:
    """The state of a SpeechModel, without its letter head."""
    served = variables(path)
    state = {}
    for name, values in served.items():
        part, _, rest = name.partition("/")
        if rest.startswith("layer_") and not rest.startswith("layer_norm"):
            index, _, inner = rest.removeprefix("layer_").partition("/")
            for renamed, tensor in _layer(inner, values):
                state[f"{part}.layers.{index}.{renamed}"] = tensor
        elif values.ndim:
            state[f"{part}.{_outer(rest)}"] = values
    table = state["decoder.embed_tokens.weight"]
    state["decoder.embed_tokens.weight"] = table[: len(table) - TIMESTAMP_COUNT + 1].clone()
    return state


def _outer(name: str) -> str:
    for served, ours in (
        ("embeddings", "embed_tokens"),
        ("position_encodings/encodings", "embed_positions/weight"),
        ("gamma", "weight"),
        ("beta", "bias"),
    ):
        name = name.replace(served, ours)
    return name.replace("/", ".")


def _layer(name: str, values: Tensor) -> list[tuple[str, Tensor]]:
    block, part, *rest = name.split("/")
    if block == "ffn":
        renamed = {"layer_norm": "final_layer_norm", "linear_0": "fc1", "linear_1": "fc2"}[part]
        return [(f"{renamed}.{_outer(rest[0])}", values)]
    ours, linears = _FUSED[block]
    if part == "layer_norm":
        return [(f"{ours}_layer_norm.{_outer(rest[0])}", values)]
    names = linears[int(part.removeprefix("linear_"))]
    pieces = values.chunk(len(names))
    pairs = [(f"{ours}.{n}.{rest[0]}", piece) for n, piece in zip(names, pieces, strict=True)]
    return [pair for pair in pairs if not pair[0].endswith("k_proj.bias")]
