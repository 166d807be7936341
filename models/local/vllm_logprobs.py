"""Log probabilities as vLLM gives them, in our words; no vllm import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.messages import TokenLogprob


def token_logprobs(answer: Any, top: int) -> tuple[TokenLogprob, ...]:
    """Of each token of a CompletionOutput, with the `top` likeliest beside it."""
    if answer.logprobs is None:
        return ()
    return tuple(
        _token_logprob(token_id, position, top)
        for token_id, position in zip(answer.token_ids, answer.logprobs, strict=False)
    )


def _token_logprob(token_id: int, position: Mapping[int, Any], top: int) -> TokenLogprob:
    ranked = sorted(position.values(), key=lambda value: -float(value.logprob))[:top]
    chosen = position[token_id]
    return TokenLogprob(
        token=chosen.decoded_token or "",
        logprob=float(chosen.logprob),
        top=tuple(TokenLogprob(v.decoded_token or "", float(v.logprob)) for v in ranked),
    )
