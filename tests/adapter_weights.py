"""Small random LoRA adapters of the reference chat model, as PEFT writes them."""

from __future__ import annotations

import json
from pathlib import Path

RANK = 4


def write_adapter(folder: Path, base: Path, seed: int) -> Path:
    """An adapter drawn by `seed`, large enough to change what the model says."""
    import torch
    from safetensors.torch import save_file

    config = json.loads((base / "config.json").read_text())
    chance = torch.Generator().manual_seed(seed)
    hidden, head = config["hidden_size"], config["head_dim"]
    sizes = {
        "q_proj": head * config["num_attention_heads"],
        "v_proj": head * config["num_key_value_heads"],
    }
    weights = {}
    for layer in range(config["num_hidden_layers"]):
        for name, size in sizes.items():
            place = f"base_model.model.model.layers.{layer}.self_attn.{name}"
            weights[f"{place}.lora_A.weight"] = torch.randn(RANK, hidden, generator=chance) / 2
            weights[f"{place}.lora_B.weight"] = torch.randn(size, RANK, generator=chance) / 2
    folder.mkdir(parents=True)
    save_file(weights, folder / "adapter_model.safetensors")
    said = {"peft_type": "LORA", "r": RANK, "lora_alpha": RANK, "target_modules": [*sizes]}
    (folder / "adapter_config.json").write_text(json.dumps(said))
    return folder
