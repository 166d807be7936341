"""How much memory a model will need, estimated, and whether the machine has it.

A chat model needs its weights, the key-value cache of one request that fills its window, and a
gibibyte for activations and the process. Per token the cache holds a key and a value vector for
each layer and each key-value head.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from deployments.onboarding.folder import CHAT_ENGINES, WeightsFolder
from deployments.onboarding.machine import Machine

GIB = 1 << 30
_OVERHEAD = {"vllm": GIB, "transformers": GIB, "whisper": GIB // 2, "embedder": GIB // 2}
_USABLE_GPU = 0.9
_DTYPE_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class MemoryNeed:
    """All in bytes; `kv_bytes` is None when the config does not tell, 0 for other models.

    `fitting_window` is the longest window that would fit, when the wanted one does not.
    """

    weights_bytes: int
    kv_bytes: int | None
    needed_bytes: int
    available_bytes: int
    on: Literal["gpu", "ram"]
    fitting_window: int | None = None

    @property
    def fits(self) -> bool:
        """Whether there is enough, by this estimate."""
        return self.needed_bytes <= self.available_bytes


def memory_need(
    folder: WeightsFolder, window: int | None, machine: Machine, gpus: float
) -> MemoryNeed:
    """Estimate for `folder`, on `gpus` GPUs (a share below 1) or, with 0, in RAM."""
    a_token = kv_bytes_per_token(folder.config) if folder.dialect in CHAT_ENGINES else 0
    kv = None if a_token is None else a_token * (window or 0)
    fixed = folder.weights_bytes + _OVERHEAD[folder.dialect]
    available = _available(machine, gpus)
    room = available - fixed
    fitting = room // a_token if a_token and kv and kv > room > 0 else None
    where: Literal["gpu", "ram"] = "gpu" if gpus else "ram"
    return MemoryNeed(folder.weights_bytes, kv, fixed + (kv or 0), available, where, fitting)


def kv_bytes_per_token(config: Mapping[str, Any]) -> int | None:
    """Bytes of key-value cache one token takes; None when the config lacks the numbers."""
    text = text_config(config)
    heads = text.get("num_attention_heads")
    layers = text.get("num_hidden_layers")
    hidden = text.get("hidden_size")
    head_dim = text.get("head_dim") or (hidden // heads if hidden and heads else None)
    if not (layers and heads and head_dim):
        return None
    kv_heads = text.get("num_key_value_heads") or heads
    dtype = str(text.get("torch_dtype") or text.get("dtype") or config.get("torch_dtype"))
    return int(2 * layers * kv_heads * head_dim * _DTYPE_BYTES.get(dtype, 2))


def window_of(config: Mapping[str, Any]) -> int | None:
    """The tokens the model was made for, None when it does not say."""
    found = text_config(config).get("max_position_embeddings")
    return int(found) if isinstance(found, int) and found > 0 else None


def text_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part that describes the language model: nested in models that also see."""
    nested = config.get("text_config")
    return nested if isinstance(nested, Mapping) else config


def _available(machine: Machine, gpus: float) -> int:
    if not gpus:
        return machine.ram_free
    each = min((gpu.total for gpu in machine.gpus), default=0)
    return int(each * gpus * _USABLE_GPU) if gpus <= max(1, len(machine.gpus)) else 0
