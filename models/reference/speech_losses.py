"""What the speech model is trained on: letters heard, tokens written, and looking the right way."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models.reference.speech_batches import Batch
from models.reference.speech_model import SpeechModel


@dataclass(frozen=True)
class Losses:
    """CTC per letter, cross-entropy per token, and how far attention strays from the diagonal."""

    ctc: Tensor
    tokens: Tensor
    stray: Tensor


def _ctc(model: SpeechModel, states: Tensor, batch: Batch) -> Tensor:
    paths = model.letters(states).float().log_softmax(-1).transpose(0, 1)
    sizes = batch.lengths, batch.letter_lengths
    loss = F.ctc_loss(paths, batch.letters, *sizes, reduction="sum", zero_infinity=True)
    return loss / batch.letter_lengths.sum().clamp(min=1)


def _stray(looks: list[Tensor], batch: Batch, spread: float = 0.12) -> Tensor:
    """Attention that falls far from where a token is said, by its place in the text."""
    frames = looks[0].shape[-1]
    places = torch.arange(frames)[None] / batch.lengths[:, None]
    distance = batch.centres[:, :, None] - places[:, None, :]
    penalty = 1.0 - torch.exp(-(distance**2) / (2 * spread**2))
    penalty = penalty * (batch.centres >= 0)[:, :, None]
    asked = (batch.centres >= 0).sum().clamp(min=1)
    return sum((look.mean(1) * penalty).sum() for look in looks) / (asked * len(looks))


def measure(model: SpeechModel, batch: Batch, drop: float) -> Losses:
    """Run the model on a batch."""
    states = model.encoder(batch.features, drop)
    decoded, looks = model.decoder(batch.inputs, states, drop)
    kept = batch.targets >= 0
    scores = model.logits(decoded[kept]).float()
    tokens = F.cross_entropy(scores, batch.targets[kept], label_smoothing=0.05)
    return Losses(_ctc(model, states, batch), tokens, _stray(looks, batch))
