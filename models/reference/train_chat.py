"""Train the reference chat model from nothing on one core, and export it.

``python -m models.reference.train_chat --out build/train-chat`` trains, resuming from its last
checkpoint; with ``--export DIR`` it only writes the latest weights in the Hugging Face layout.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.reference import (
    chat_encoding,
    chat_guidance,
    chat_init,
    chat_tokenizer,
    chat_vocabulary,
)

if TYPE_CHECKING:
    import torch
    from transformers import MistralForCausalLM

CHECKPOINT_SECONDS = 300
POOL = 768


@dataclass(frozen=True)
class Recipe:
    """What decides the weights: with the same recipe the stream of samples is the same."""

    seed: int = 20
    steps: int = 15_000
    tokens: int = 2_048
    rate: float = 5e-4
    attention_rate: float = 3e-4
    matrix_rate: float = 2e-3
    warmup: int = 40
    average: float = 0.995
    pointing: float = 8.0
    refusing: float = 1.0
    caution: float = 1.3
    guidance: float = 0.5
    probe_rate: float = 2e-3
    prompt_share: float = 0.08
    bfloat16: bool = True
    hidden: int = 160
    layers: int = 6
    heads: int = 3
    head_size: int = 64
    theta: float = 1e6
    inner: int = 384


def config(recipe: Recipe) -> Any:
    """Describe the architecture: a small Mistral with tied embeddings."""
    from transformers import MistralConfig

    return MistralConfig(
        vocab_size=chat_tokenizer.VOCABULARY,
        hidden_size=recipe.hidden,
        intermediate_size=recipe.inner,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        head_dim=recipe.head_size,
        max_position_embeddings=2048,
        rope_parameters={"rope_type": "default", "rope_theta": recipe.theta},
        rms_norm_eps=1e-5,
        sliding_window=None,
        tie_word_embeddings=True,
        bos_token_id=chat_tokenizer.BOS,
        eos_token_id=chat_tokenizer.EOS,
        pad_token_id=chat_tokenizer.PAD,
        initializer_range=0.05,
    )


def rate_share(recipe: Recipe, step: int) -> float:
    """Give the part of the learning rates in use: warm-up, a plateau to 70 %, a line to 2 %."""
    fall = min(1.0, (1.0 - step / recipe.steps) / 0.3)
    return min(1.0, (step + 1) / recipe.warmup) * max(0.02, fall)


class Trainer:
    """Holds the model, its optimizers and its running average, and the place in the stream."""

    def __init__(self, recipe: Recipe, tokenizer: Any) -> None:
        """Build everything from the recipe's seed."""
        import torch
        from transformers import MistralForCausalLM

        torch.manual_seed(recipe.seed)
        self.recipe, self.tokenizer = recipe, tokenizer
        self.model: MistralForCausalLM = MistralForCausalLM(config(recipe))
        self.model.set_attn_implementation("eager")
        chat_init.prepare(self.model, recipe.seed, chat_vocabulary.describe(tokenizer, recipe.seed))
        self.guide = chat_guidance.Guide(self.model)
        named = list(self.model.named_parameters())
        mixing = [p for n, p in named if "mlp" in n]
        looking = [p for n, p in named if "self_attn" in n]
        rest = [p for n, p in named if "mlp" not in n and "self_attn" not in n]
        adam = torch.optim.AdamW(
            [
                {"params": looking, "lr": recipe.attention_rate},
                {"params": rest},
                {"params": list(self.guide.probe.parameters()), "lr": recipe.probe_rate},
            ],
            lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True,
        )  # fmt: skip
        self.optimizers: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Muon(mixing, lr=recipe.matrix_rate, weight_decay=0.05), adam,
        )  # fmt: skip
        self.rates = [[g["lr"] for g in o.param_groups] for o in self.optimizers]
        self.average = {k: v.detach().clone() for k, v in self.model.named_parameters()}
        self.step, self.pool_index, self.batch_index = 0, 0, 0
        self.tokens, self.seconds = 0, 0.0
        self.batches: list[chat_encoding.Batch] = []
        self.pool_progress = 0.0

    def _next(self) -> chat_encoding.Batch:
        if self.batches and self.batch_index >= len(self.batches):
            self.pool_index, self.batch_index, self.batches = self.pool_index + 1, 0, []
        if not self.batches:
            progress = (
                self.step / self.recipe.steps if self.batch_index == 0 else self.pool_progress
            )
            self.pool_progress = progress
            self.batches = chat_encoding.pool(
                self.tokenizer, self.recipe.seed, self.pool_index, progress, POOL,
                self.recipe.tokens,
            )  # fmt: skip
        batch = self.batches[self.batch_index]
        self.batch_index += 1
        return batch

    def loss(self, batch: chat_encoding.Batch) -> tuple[torch.Tensor, dict[str, float]]:
        """Score the answers' tokens, the guided heads, and early on a few of the prompts' tokens.

        Returns the sum to descend and its parts by name.
        """
        import torch

        ids, answer = torch.from_numpy(batch.ids), torch.from_numpy(batch.answer)
        target, wanted = ids[:, 1:], answer[:, 1:]
        generator = torch.Generator().manual_seed(self.recipe.seed * 1_000_003 + self.step)
        share = self.recipe.prompt_share if self.step < self.recipe.steps // 2 else 0.0
        extra = torch.rand(wanted.shape, generator=generator) < share
        extra &= ~wanted & (target != chat_tokenizer.PAD)
        chosen = wanted | extra
        with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bfloat16):
            hidden = self.model.model(input_ids=ids[:, :-1]).last_hidden_state[chosen]
            logits = self.model.lm_head(hidden)
        losses = torch.nn.functional.cross_entropy(logits.float(), target[chosen], reduction="none")
        learnt = wanted[chosen]
        answer_loss = losses[learnt].mean()
        pointing = chat_tokenizer.is_reference(target[chosen][learnt])
        weight = pointing + self.recipe.refusing * chat_tokenizer.is_refusal(target[chosen][learnt])
        total = answer_loss + self.recipe.pointing * (losses[learnt] * weight).mean()
        if share and not bool(learnt.all()):
            total = total + 0.1 * losses[~learnt].mean()
        guided = self.guide.losses(batch)
        total = total + self.recipe.guidance * sum(guided.values())
        parts = {"loss": answer_loss, "pointing": losses[learnt][pointing].mean(), **guided}
        return total, {name: float(part.detach()) for name, part in parts.items()}

    def advance(self) -> dict[str, float]:
        """Take one step; returns the losses by name."""
        import torch

        share = rate_share(self.recipe, self.step)
        for optimizer, rates in zip(self.optimizers, self.rates, strict=True):
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate * share
            optimizer.zero_grad(set_to_none=True)
        batch = self._next()
        total, parts = self.loss(batch)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        keep = min(self.recipe.average, (self.step + 1) / (self.step + 20))
        with torch.no_grad():
            for name, value in self.model.named_parameters():
                self.average[name].lerp_(value, 1 - keep)
        self.step += 1
        self.tokens += batch.ids.size
        return parts

    def save(self, path: Path) -> None:
        """Write a checkpoint beside the last and put it in its place."""
        import torch

        state = {
            "recipe": asdict(self.recipe),
            "model": self.model.state_dict(),
            "probe": self.guide.probe.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "average": self.average,
            "place": (self.step, self.pool_index, self.batch_index, self.pool_progress),
            "spent": (self.tokens, self.seconds),
        }
        scratch = path.with_suffix(".new")
        torch.save(state, scratch)
        os.replace(scratch, path)

    def load(self, path: Path) -> None:
        """Take up a checkpoint's weights and place in the stream."""
        import torch

        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.guide.probe.load_state_dict(state["probe"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.average = state["average"]
        self.step, self.pool_index, self.batch_index, self.pool_progress = state["place"]
        self.tokens, self.seconds = state["spent"]


def export(trainer: Trainer, folder: Path) -> None:
    """Write the averaged weights, tokenizer, template and configurations for an engine.

    The row of "no passage answers" is made longer by the recipe's caution, so that what is nearly a
    draw is refused: answering from the wrong passage is the worse mistake.
    """
    import torch
    from transformers import GenerationConfig

    raw = {k: v.detach().clone() for k, v in trainer.model.named_parameters()}
    with torch.no_grad():
        for name, value in trainer.model.named_parameters():
            value.copy_(trainer.average[name])
        refusal = chat_tokenizer.SPECIAL.index("[REF0]")
        trainer.model.model.embed_tokens.weight[refusal] *= trainer.recipe.caution
    trainer.model.generation_config = GenerationConfig(
        bos_token_id=chat_tokenizer.BOS,
        eos_token_id=chat_tokenizer.EOS,
        pad_token_id=chat_tokenizer.PAD,
        do_sample=False,
    )
    trainer.model.save_pretrained(folder)
    chat_tokenizer.wrap(trainer.tokenizer).save_pretrained(folder)
    with torch.no_grad():
        for name, value in trainer.model.named_parameters():
            value.copy_(raw[name])


def _run(trainer: Trainer, out: Path, every: int, stop_after: float) -> None:
    """Train to the end, for a time, or until told to stop; a checkpoint is left in every case."""
    started, saved = time.monotonic(), time.monotonic()
    recent: dict[str, list[float]] = {}
    before, stop = trainer.seconds, threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    while not stop.is_set() and trainer.step < trainer.recipe.steps:
        for name, part in trainer.advance().items():
            recent.setdefault(name, []).append(part)
        now = time.monotonic()
        trainer.seconds = before + now - started
        if trainer.step % every == 0:
            _record(trainer, out, {n: _mean(parts) for n, parts in recent.items()})
            recent = {}
        if now - saved > CHECKPOINT_SECONDS:
            trainer.save(out / "checkpoint.pt")
            saved = now
        if stop_after and now - started > stop_after:
            break
    trainer.save(out / "checkpoint.pt")


def _mean(parts: list[float]) -> float:
    """Average what was measured; a batch without pointing, say, has not measured it."""
    measured = [part for part in parts if not math.isnan(part)]
    return round(sum(measured) / max(1, len(measured)), 4)


def _record(trainer: Trainer, out: Path, losses: dict[str, float]) -> None:
    row = {
        "step": trainer.step,
        **losses,
        "tokens": trainer.tokens,
        "seconds": round(trainer.seconds),
        "cpu_seconds": round(time.process_time()),
    }
    if not math.isfinite(losses["loss"]):
        raise SystemExit(
            f"the loss became {losses['loss']} at step {trainer.step}: lower --rate and restart"
        )
    with (out / "curve.jsonl").open("a") as stream:
        stream.write(json.dumps(row) + "\n")


def _tokenizer(out: Path) -> Any:
    from tokenizers import Tokenizer

    path = out / "tokenizer.json"
    if not path.exists():
        chat_tokenizer.learn().save(str(path))
    return Tokenizer.from_file(str(path))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Train or export the reference chat model.")
    recipe = Recipe()
    parser.add_argument("--out", type=Path, default=Path("build/train-chat"))
    parser.add_argument("--export", type=Path, help="only write the latest weights here")
    parser.add_argument("--steps", type=int, default=recipe.steps)
    parser.add_argument("--seed", type=int, default=recipe.seed)
    parser.add_argument("--tokens", type=int, default=recipe.tokens)
    parser.add_argument("--stop-after", type=float, default=0, help="seconds; 0 is never")
    parser.add_argument("--float32", action="store_true", help="no bfloat16 products")
    parser.add_argument("--log-every", type=int, default=100)
    return parser.parse_args()


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch

    torch.set_num_threads(1)
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(
        seed=options.seed,
        steps=options.steps,
        tokens=options.tokens,
        bfloat16=not options.float32,
    )
    trainer = Trainer(recipe, _tokenizer(options.out))
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        trainer.load(checkpoint)
    if options.export:
        export(trainer, options.export)
    else:
        _run(trainer, options.out, options.log_every, options.stop_after)


if __name__ == "__main__":
    main()
