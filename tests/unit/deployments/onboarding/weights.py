"""Makes small folders of weights that look like the real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

# The published configuration of a 7B Mistral, as far as it matters here.
MISTRAL: dict[str, Any] = {
    "architectures": ["MistralForCausalLM"],
    "model_type": "mistral",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 32768,
    "torch_dtype": "bfloat16",
}
CARD = "---\nlicense: apache-2.0\ntags:\n- x\n---\n# Model\n"


def safetensors(path: Path, size: int = 64) -> None:
    head = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(size))


def chat_folder(path: Path, **changes: Any) -> Path:
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text(json.dumps(MISTRAL | changes))
    names = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    for name in names:
        safetensors(path / name)
    index = {"weight_map": dict(zip("ab", names, strict=True))}
    (path / "model.safetensors.index.json").write_text(json.dumps(index))
    safetensors(path / "consolidated.safetensors", 500)
    (path / "tokenizer.json").write_text("{}")
    (path / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
    (path / "README.md").write_text(CARD)
    return path


def whisper_folder(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    for name in ("config.json", "tokenizer.json", "preprocessor_config.json", "vocabulary.json"):
        (path / name).write_text('{"a": 1}')
    (path / "model.bin").write_bytes(bytes(1000))
    return path


def embedder_folder(path: Path) -> Path:
    (path / "1_Pooling").mkdir(parents=True, exist_ok=True)
    modules = [{"path": ""}, {"path": "1_Pooling"}]
    (path / "modules.json").write_text(json.dumps(modules))
    (path / "config.json").write_text('{"model_type": "bert"}')
    (path / "tokenizer.json").write_text("{}")
    safetensors(path / "model.safetensors")
    return path
