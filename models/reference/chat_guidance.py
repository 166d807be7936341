"""Teach the reference chat model's heads directly where to look, while it trains.

The answer's loss alone says too little to a small model about a context of six passages, so a few
inner parts are told what the corpus knows (guided attention: Liu et al. 2016, "Neural machine
translation with supervised attention"): ``chat_guides`` says what, ``HEADS`` which layer and head.
Nothing of it is exported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from models.reference import chat_guides
from models.reference.chat_encoding import Batch

if TYPE_CHECKING:
    import torch
    from transformers import MistralForCausalLM

TOPIC_LAYER = 2
HEADS = {"product": (1, 2), "number": (2, 2), "find": (3, 0), "copy": (4, 0)}
_FLOOR = 1e-6


class Guide:
    """Watches a model's inner layers and scores them against a batch's guides."""

    def __init__(self, model: MistralForCausalLM) -> None:
        """Listen to the model's layers; the probe is trained along and thrown away."""
        import torch

        self.probe = torch.nn.Linear(model.config.hidden_size, len(chat_guides.TOPICS))
        self._seen: dict[str, torch.Tensor] = {}
        layers = model.model.layers
        layers[TOPIC_LAYER].register_forward_hook(self._hold("topic"))
        for name, (layer, _) in HEADS.items():
            layers[layer].self_attn.register_forward_hook(self._hold(name))

    def _hold(self, name: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            self._seen[name] = output[1] if name != "topic" else _first(output)

        return hook

    def losses(self, batch: Batch) -> dict[str, torch.Tensor]:
        """Score the last forward pass over ``batch``'s ids but the last column."""
        import torch

        found = {}
        hidden, wanted = self._seen["topic"], torch.from_numpy(batch.guides["topic"][:, :-1])
        held = torch.nn.functional.rms_norm(hidden[wanted >= 0].float(), hidden.shape[-1:])
        if len(held):
            found["topic"] = torch.nn.functional.cross_entropy(
                self.probe(held), wanted[wanted >= 0]
            )
        for name, (_, head) in HEADS.items():
            aim = torch.from_numpy(batch.guides[name][:, :-1])
            row, spot = torch.nonzero(aim >= 0, as_tuple=True)
            if len(row):
                looked = self._seen[name][row, head, spot, aim[row, spot]].float()
                found[name] = -(looked + _FLOOR).log().mean()
        return found


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, tuple) else output
