"""What the speech model is trained on: letters heard, tokens written, and looking the right way."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from models.reference.speech_alignment import letter_frames, token_spans
from models.reference.speech_batches import Batch
from models.reference.speech_model import SpeechModel


@dataclass(frozen=True)
class Losses:
    """CTC per letter, cross-entropy per token, and two measures of where attention looks.

    `stray` is how far it lies from the diagonal; `missed` is minus the log of its mass where the
    letter head heard the token.
    """

    ctc: Tensor
    tokens: Tensor
    stray: Tensor
    missed: Tensor

    @property
    def trust(self) -> float:
        """How far the letter head can be believed, from 0 to 1."""
        return max(0.0, 1.0 - float(self.ctc.detach()))


def _ctc(paths: Tensor, batch: Batch) -> Tensor:
    sizes = batch.lengths, batch.letter_lengths
    loss = F.ctc_loss(paths, batch.letters, *sizes, reduction="sum", zero_infinity=True)
    return loss / batch.letter_lengths.sum().clamp(min=1)


def _spoken_at(paths: Tensor, batch: Batch, frames: int) -> Tensor:
    """Ones where each target is said, shape (rows, targets, frames)."""
    lengths = batch.lengths.numpy()
    best = paths[: int(lengths.max())].detach().numpy()
    found = letter_frames(best, batch.letter_rows, lengths)
    marks = torch.zeros(*batch.targets.shape, frames)
    for row, places in enumerate(found):
        spans = token_spans(places, batch.sizes[row], int(lengths[row]))
        for index, span in enumerate(spans, batch.firsts[row]):
            marks[row, index, max(0, round(span.first)) : round(span.last) + 1] = 1.0
    return marks


def _missed(looks: list[Tensor], marks: Tensor) -> Tensor:
    """Half the heads of each layer are asked to look where the token is said."""
    asked = marks.any(-1)
    if not asked.any():
        return looks[0].sum() * 0.0
    halves = [look[:, : look.shape[1] // 2].float() for look in looks]
    masses = [(half * marks[:, None]).sum(-1).transpose(1, 2)[asked] for half in halves]
    return -torch.stack([(mass + 1e-4).log().mean() for mass in masses]).mean()


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
    paths = model.letters(states).float().log_softmax(-1).transpose(0, 1)
    marks = _spoken_at(paths, batch, states.shape[1])
    return Losses(_ctc(paths, batch), tokens, _stray(looks, batch), _missed(looks, marks))
