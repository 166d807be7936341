"""What a call may cost at most, known before it is made, and what it did cost.

A tokenizer gives every token at least one byte of the text (byte-level BPE; a token that stands
for no text is part of the chat template), so bytes bound tokens from above.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from models.messages import ChatRequest, Message, ToolCall, Usage
from models.tariff import Tariff
from router.budget import Amount

# What a chat template writes around a conversation and around each message, generously.
AROUND_ALL = 64
AROUND_ONE = 16
# The longest answer of a model that tells neither its window nor is told max_tokens.
LONGEST_ANSWER = 32_768

# No model that counts pictures in tokens takes more for one.
LARGEST_PICTURE = 16_384


class Priced(Protocol):
    """A model as far as its price goes."""

    @property
    def tariff(self) -> Tariff:
        """What it charges; one whose price nobody named counts as the dearest known."""


def chat_bound(
    card: Priced, request: ChatRequest, window: int | None, seconds: float = 0.0
) -> Amount:
    """The most that a chat request can use within `seconds`.

    The tokens of one answer never pass `window`.
    """
    longest = request.sampling.max_tokens or window or LONGEST_ANSWER
    prompt, answer = prompt_bound(request), longest
    if window is not None:
        prompt, answer = min(prompt, window), min(longest, window)
    answers = request.sampling.n
    tokens = prompt + answers * answer
    if window is not None:
        tokens = min(tokens, answers * window)
    return Amount(tokens, card.tariff.most(prompt, answers * answer, seconds))


def text_bound(card: Priced, texts: Iterable[str], seconds: float = 0.0) -> Amount:
    """The most that embedding these texts can use."""
    tokens = sum(_bytes(text) + AROUND_ONE for text in texts)
    return Amount(tokens, card.tariff.most(tokens, 0, seconds))


def image_bound(card: Priced, prompt: str, n: int, seconds: float = 0.0) -> Amount:
    """The most that `n` pictures of a prompt can use."""
    read, written = _bytes(prompt) + AROUND_ALL, n * LARGEST_PICTURE
    return Amount(read + written, card.tariff.most(read, written, seconds, n))


def delivered_bound(
    card: Priced, request: ChatRequest, written: int, seconds: float = 0.0
) -> Amount:
    """The most that a call used whose answer broke off after `written` bytes and `seconds`."""
    prompt = prompt_bound(request)
    return Amount(prompt + written, card.tariff.most(prompt, written, seconds))


def amount_used(card: Priced, usage: Usage) -> Amount:
    """What a call did use."""
    tokens = usage.prompt_tokens + usage.completion_tokens
    return Amount(tokens, card.tariff.nano(usage))


def prompt_bound(request: ChatRequest) -> int:
    """The most tokens that the model reads."""
    around = AROUND_ALL + AROUND_ONE * len(request.messages)
    spoken = sum(_message_bytes(message) for message in request.messages)
    tools = sum(
        _bytes(tool.name) + _bytes(tool.description) + _json_bytes(tool.parameters) + AROUND_ONE
        for tool in request.tools
    )
    return around + spoken + tools


def _message_bytes(message: Message) -> int:
    texts = (message.role, message.content, message.name or "", message.tool_call_id or "")
    return sum(_bytes(text) for text in texts) + sum(_call_bytes(c) for c in message.tool_calls)


def _call_bytes(call: ToolCall) -> int:
    return _bytes(call.id) + _bytes(call.name) + _bytes(call.arguments) + AROUND_ONE


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _json_bytes(value: Mapping[str, Any]) -> int:
    # Templates may indent what they write.
    return len(json.dumps(value, indent=4, default=str))
