"""What a call may cost at most, known before it is made, and what it did cost.

A tokenizer gives every token at least one byte of the text (byte-level BPE; a token that stands
for no text is part of the chat template), so bytes bound tokens from above.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any, Protocol

from models.errors import PermissionDenied
from models.messages import ChatRequest, Message, ToolCall, Usage
from router.budget import Amount

# What a chat template writes around a conversation and around each message, generously.
AROUND_ALL = 64
AROUND_ONE = 16
# The longest answer of a model that tells neither its window nor is told max_tokens.
LONGEST_ANSWER = 32_768
_NANO_PER_MILLIONTH = 1000


class Price(Protocol):
    """Money for a million tokens."""

    @property
    def input(self) -> float:
        """What reading costs."""

    @property
    def output(self) -> float:
        """What writing costs."""

    @property
    def currency(self) -> str:
        """The currency's code."""


class Priced(Protocol):
    """A model as far as its price goes; one without a price inside the cluster costs nothing."""

    @property
    def id(self) -> str:
        """Its name."""

    @property
    def is_local(self) -> bool:
        """Whether it runs inside the cluster."""

    @property
    def price(self) -> Price | None:
        """Its price, None when nobody said."""


def chat_bound(card: Priced, request: ChatRequest, window: int | None) -> Amount:
    """The most that a chat request can use; the tokens of one answer never pass `window`."""
    longest = request.sampling.max_tokens or window or LONGEST_ANSWER
    prompt, answer = prompt_bound(request), longest
    if window is not None:
        prompt, answer = min(prompt, window), min(longest, window)
    answers = request.sampling.n
    tokens = prompt + answers * answer
    if window is not None:
        tokens = min(tokens, answers * window)
    return Amount(tokens, _nano(card, prompt, answers * answer))


def text_bound(card: Priced, texts: Iterable[str]) -> Amount:
    """The most that embedding these texts can use."""
    tokens = sum(_bytes(text) + AROUND_ONE for text in texts)
    return Amount(tokens, _nano(card, tokens, 0))


def delivered_bound(card: Priced, request: ChatRequest, written: int) -> Amount:
    """The most that a call used whose answer broke off after `written` bytes."""
    prompt = prompt_bound(request)
    return Amount(prompt + written, _nano(card, prompt, written))


def amount_used(card: Priced, usage: Usage) -> Amount:
    """What a call did use."""
    nano = _nano(card, usage.prompt_tokens, usage.completion_tokens)
    return Amount(usage.prompt_tokens + usage.completion_tokens, nano)


def is_priced(card: Priced) -> bool:
    """Whether calls of the model can be counted in US dollars."""
    return card.is_local if card.price is None else card.price.currency == "USD"


def require_price(card: Priced) -> None:
    """Raise PermissionDenied for a model whose cost in US dollars nobody knows."""
    if not is_priced(card):
        raise PermissionDenied(
            f"'{card.id}' has no price in USD, and a key with a budget in USD may only use models"
            " that have one. Set its price in the catalog, or take another model.",
            param="model",
        )


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


def _nano(card: Priced, read: int, written: int) -> int:
    """Nano-USD, rounded up; 0 for what has no price in USD, which `require_price` refuses."""
    price = card.price
    if price is None or price.currency != "USD":
        return 0
    millionths = read * Decimal(str(price.input)) + written * Decimal(str(price.output))
    return int((millionths * _NANO_PER_MILLIONTH).to_integral_value(ROUND_CEILING))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def _json_bytes(value: Mapping[str, Any]) -> int:
    # Templates may indent what they write.
    return len(json.dumps(value, indent=4, default=str))
