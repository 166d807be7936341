"""Train the reference speech model from nothing: `python -m models.reference.train_speech`.

One thread, seeded data and weights, a checkpoint every five minutes, resumes by itself. The
learning rate follows the minutes trained, so that a busy machine only means fewer steps.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from models.reference import speech_corpus, speech_revive, speech_vocabulary
from models.reference.speech_batches import LETTERS, Mix, Pool, collate, letter_text
from models.reference.speech_features import log_mel
from models.reference.speech_losses import Losses, measure
from models.reference.speech_model import Shape, SpeechModel
from models.reference.speech_vocabulary import Vocabulary
from models.reference.word_errors import ErrorCount, count_errors

SEED = 4217


@dataclass(frozen=True)
class Plan:
    """How to train: minutes in all, items a step, how many of them are new, the highest rate."""

    minutes: float = 110.0
    batch: int = 16
    fresh: int = 2
    pool: int = 12_000
    first: int = 300
    rate: float = 2e-3
    warm_up: int = 400
    save_every: float = 300.0
    start_from: Path | None = None
    started: float = 0.75
    settling: int = 150


@dataclass
class Progress:
    """What a checkpoint keeps beside tensors."""

    step: int = 0
    seconds: float = 0.0
    next_seed: int = 0


class Trainer:
    """The model, its moving average, its optimiser and its data."""

    def __init__(self, plan: Plan, folder: Path, vocabulary: Vocabulary) -> None:
        torch.manual_seed(SEED)
        self.plan, self.folder, self.vocabulary = plan, folder, vocabulary
        self.model = SpeechModel(Shape(vocabulary.size), len(LETTERS) + 1)
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        learnt = [p for p in self.model.parameters() if p.requires_grad]
        self.optimiser = torch.optim.AdamW(learnt, plan.rate, betas=(0.9, 0.98), weight_decay=0.01)
        self.progress = Progress()
        self._resume()
        self.pool = Pool(vocabulary, plan.pool, self.progress.next_seed)
        self.pool.refresh(plan.first)

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            if self.plan.start_from:
                self._revive(self.plan.start_from)
            return
        saved: dict[str, Any] = torch.load(path, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.average = saved["average"]
        self.optimiser.load_state_dict(saved["optimiser"])
        self.progress = Progress(**saved["progress"])

    def _revive(self, folder: Path) -> None:
        """Take up served weights where the learning rate has mostly fallen; new data for them."""
        served = speech_revive.revive(folder / "model.bin")
        left = self.model.load_state_dict(served, strict=False)
        if left.unexpected_keys or any(not n.startswith("letters.") for n in left.missing_keys):
            raise SystemExit(f"{folder} holds another network than this: {left}")
        self.average = {k: v.clone() for k, v in self.model.state_dict().items()}
        self.progress.seconds = 60 * self.plan.minutes * self.plan.started
        self.progress.next_seed = 1_000_000

    def save(self) -> None:
        """Replace the checkpoint in one move."""
        self.progress.next_seed = self.pool.next_seed
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimiser": self.optimiser.state_dict(),
            "progress": vars(self.progress),
            "shape": self.model.shape.fields(),
        }
        torch.save(state, self.folder / "checkpoint.new")
        os.replace(self.folder / "checkpoint.new", self.folder / "checkpoint.pt")

    def done(self) -> float:
        """The share of the planned minutes that is used up."""
        return min(1.0, self.progress.seconds / (60 * self.plan.minutes))

    def _rate(self) -> float:
        warm = min(1.0, (self.progress.step + 1) / self.plan.warm_up)
        return self.plan.rate * warm * max(0.02, 1.0 - self.done())

    def _letters_alone(self) -> None:
        """Keep a new letter head from shaking an encoder that hears already."""
        for name, parameter in self.model.named_parameters():
            if not name.startswith("letters."):
                parameter.grad = None

    def step(self) -> Losses:
        """One batch: some new utterances, a gradient, the moving average."""
        rng = random.Random(f"{SEED}-{self.progress.step}")
        self.pool.refresh(self.plan.fresh)
        mix = Mix(0.6, 0.06) if self.done() < 0.75 else Mix(0.2, 0.12)
        items = self.pool.draw(rng, self.plan.batch)
        batch = collate(items, self.vocabulary, rng, mix)
        with torch.autocast("cpu", torch.bfloat16):
            losses = measure(self.model, batch, 0.05)
        guide = max(0.05, 1.0 - self.done() / 0.2)
        looks = guide * losses.stray + 0.3 * losses.trust * losses.missed
        self._descend(0.5 * losses.ctc + losses.tokens + looks)
        return losses

    def _descend(self, loss: torch.Tensor) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = self._rate()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self.plan.start_from and self.progress.step < self.plan.settling:
            self._letters_alone()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.progress.step += 1
        steady = 0.999 if self.done() < 0.75 else 0.99
        keep = min(steady, (1 + self.progress.step) / (10 + self.progress.step))
        for name, value in self.model.state_dict().items():
            self.average[name].lerp_(value, 1 - keep)


def averaged(average: dict[str, torch.Tensor], vocabulary: Vocabulary) -> SpeechModel:
    """A model that carries averaged weights."""
    model = SpeechModel(Shape(vocabulary.size), len(LETTERS) + 1)
    model.load_state_dict(average)
    model.eval()
    return model


def probe(model: SpeechModel, vocabulary: Vocabulary, texts: list[str]) -> dict[str, float]:
    """Word error rates on held-out sentences: the decoder's own and the letter head's."""
    written, heard = ErrorCount(), ErrorCount()
    rng = random.Random(99)
    prompt = [vocabulary.start, vocabulary.no_timestamps]
    for text in texts:
        features = torch.from_numpy(log_mel(speech_corpus.spoken(rng, text).samples))[None]
        ids = model.greedy(features, prompt, vocabulary.end)
        written += count_errors(text, vocabulary.decode(ids))
        with torch.no_grad():
            path = model.letters(model.encoder(features, 0.0))[0].argmax(-1).tolist()
        heard += count_errors(text, letter_text(path))
    return {"wer": round(written.rate, 4), "ctc_wer": round(heard.rate, 4)}


def _vocabulary(folder: Path, start_from: Path | None) -> Vocabulary:
    path = folder / "tokenizer.json"
    if start_from and not path.exists():
        shutil.copyfile(start_from / "tokenizer.json", path)
    if path.exists():
        return speech_vocabulary.load(path)
    rng = random.Random(SEED)
    return speech_vocabulary.train((speech_corpus.training_text(rng) for _ in range(20_000)), path)


def _log(folder: Path, row: dict[str, float]) -> None:
    with (folder / "curve.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    print(json.dumps(row), flush=True)


def run(plan: Plan, folder: Path) -> None:
    """Train until the planned minutes are used up; SIGTERM saves and stops."""
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(plan, folder, _vocabulary(folder, plan.start_from))
    texts = speech_corpus.held_out_texts(30)
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    since = time.monotonic()
    names = ("ctc", "tokens", "stray", "missed")
    sums, steps = [0.0] * len(names), 0
    while trainer.done() < 1.0 and not stopped.is_set():
        start = time.monotonic()
        losses = trainer.step()
        trainer.progress.seconds += time.monotonic() - start
        parts = (losses.ctc, losses.tokens, losses.stray, losses.missed)
        sums = [a + float(b.detach()) for a, b in zip(sums, parts, strict=True)]
        steps += 1
        if steps == 100:
            means = {n: round(s / steps, 4) for n, s in zip(names, sums, strict=True)}
            where = {"step": trainer.progress.step, "seconds": round(trainer.progress.seconds)}
            _log(folder, where | means)
            sums, steps = [0.0] * len(names), 0
        if time.monotonic() - since > plan.save_every:
            trainer.save()
            since = time.monotonic()
            model = averaged(trainer.average, trainer.vocabulary)
            rates = probe(model, trainer.vocabulary, texts)
            _log(folder, {"step": trainer.progress.step} | rates)
    trainer.save()


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("build/train-speech"))
    parser.add_argument("--minutes", type=float, default=Plan.minutes)
    parser.add_argument(
        "--start-from", type=Path, help="served weights to go on from, in the last quarter"
    )
    arguments = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        parser.error("espeak-ng is missing: install it to make speech to train on")
    run(Plan(minutes=arguments.minutes, start_from=arguments.start_from), arguments.folder)


if __name__ == "__main__":
    main()
