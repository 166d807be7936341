"""Draws tokens from a model's scores, with the processors of transformers where it has them."""

from __future__ import annotations

from typing import Any

from models.messages import Sampling

Ranked = tuple[tuple[int, float], ...]


class Sampler:
    """Draws the tokens of one choice; the same seed, prompt and choice draw the same ones.

    `defaults` are the model's own, for what the request leaves open.
    """

    def __init__(self, sampling: Sampling, defaults: Any, prompt: list[int], choice: int) -> None:
        import torch

        self._sampling = sampling
        self._prompt = len(prompt)
        self._seen = list(prompt)
        self._temperature = _or(sampling.temperature, defaults.temperature, 1.0)
        self._warpers = _warpers(sampling, defaults, self._temperature)
        self._repetition = _or(sampling.repetition_penalty, defaults.repetition_penalty, 1.0)
        self._chance = torch.Generator()
        if sampling.seed is None:
            self._chance.seed()
        else:
            self._chance.manual_seed((sampling.seed + choice) % 2**63)

    def draw(self, scores: Any) -> int:
        """The next token by `scores` (1, vocabulary), which are changed."""
        import torch

        seen = torch.tensor([self._seen], device=scores.device)
        self._shift(scores)
        if self._repetition != 1.0:
            from transformers import RepetitionPenaltyLogitsProcessor

            scores = RepetitionPenaltyLogitsProcessor(self._repetition)(seen, scores)
        for warper in self._warpers:
            scores = warper(seen, scores)
        if self._temperature == 0:
            token = int(scores.argmax(dim=-1).item())
        else:
            chances = torch.softmax(scores, dim=-1).cpu()
            token = int(torch.multinomial(chances, 1, generator=self._chance).item())
        self._seen.append(token)
        return token

    def _shift(self, scores: Any) -> None:
        """Biases, and penalties for what the answer has said already, as OpenAI defines them."""
        for token, bias in (self._sampling.logit_bias or {}).items():
            scores[0, token] += bias
        said = self._seen[self._prompt :]
        for token in set(said):
            scores[0, token] -= (
                self._sampling.frequency_penalty * said.count(token)
                + self._sampling.presence_penalty
            )


def log_probabilities(raw: Any, token: int, top: int) -> tuple[float, Ranked]:
    """Natural-log probabilities by `raw` scores: that of `token`, and the `top` best."""
    import torch

    logprobs = torch.log_softmax(raw[0], dim=-1)
    values, tokens = logprobs.topk(top)
    best = zip(tokens.tolist(), values.tolist(), strict=True)
    return float(logprobs[token]), tuple(best)


def _warpers(sampling: Sampling, defaults: Any, temperature: float) -> list[Any]:
    """What narrows the choice; nothing where the best token is taken anyway."""
    from transformers import (
        MinPLogitsWarper,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    if temperature == 0:
        return []
    top_k = int(_or(sampling.top_k, defaults.top_k, 0))
    top_p = _or(sampling.top_p, defaults.top_p, 1.0)
    min_p = _or(sampling.min_p, defaults.min_p, 0.0)
    found: list[Any] = [TemperatureLogitsWarper(float(temperature))]
    if top_k > 0:
        found.append(TopKLogitsWarper(top_k))
    if top_p < 1:
        found.append(TopPLogitsWarper(top_p))
    if min_p > 0:
        found.append(MinPLogitsWarper(min_p))
    return found


def _or(asked: float | None, default: float | None, else_: float) -> float:
    """The first that is said."""
    if asked is not None:
        return asked
    return default if default is not None else else_
