"""Which adapter speaks which wire dialect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InvalidConfig
from models.messages import ChatDelta, ChatRequest
from models.remote import (
    anthropic_body,
    copilot_body,
    gemini_body,
    image_registry,
    openai_body,
)
from models.remote.anthropic_settings import AnthropicSettings
from models.remote.copilot_settings import CopilotSettings
from models.remote.exchange import Ran
from models.remote.gemini_settings import GeminiSettings
from models.remote.openai_settings import OpenAiSettings
from models.strict_yaml import parse

_FIELDS = {
    "openai_compatible": openai_body.FIELDS,
    "anthropic": anthropic_body.FIELDS,
    "gemini": gemini_body.FIELDS,
    "copilot": copilot_body.FIELDS,
}
DIALECTS = tuple(_FIELDS)


class RemoteChat(Protocol):
    """A provider as the gate uses it: bytes that were checked go out, deltas come back."""

    def send(
        self, body: bytes, deadline: Deadline, ran: Ran | None = None
    ) -> AsyncIterator[ChatDelta]:
        """Put exactly `body` on the wire; `ran` is told the model that the provider says it ran."""

    async def close(self) -> None:
        """Close every connection."""


def is_callable(card: ModelCard) -> bool:
    """Whether an adapter for the row's dialect is there."""
    return card.dialect in (*DIALECTS, *image_registry.DIALECTS)


def has_address(card: ModelCard) -> bool:
    """Whether the row leads to an address, which the stub can stand in for."""
    return is_callable(card) and card.dialect != "copilot" and bool(card.base_url)


def is_reachable(card: ModelCard) -> bool:
    """Whether the row says where its provider is: an address or, for Copilot, a runtime."""
    return has_address(card) or (card.dialect == "copilot" and bool(card.engine.get("cli_path")))


def connect(card: ModelCard, key: str | None) -> RemoteChat:
    """The adapter of a row; no connection is opened yet. Raises InvalidConfig."""
    _check(card)
    if card.dialect == "anthropic":
        from models.remote.anthropic_messages import AnthropicMessages

        return AnthropicMessages(card, key)
    if card.dialect == "gemini":
        from models.remote.gemini_content import GeminiContent

        return GeminiContent(card, key)
    if card.dialect == "copilot":
        from models.remote.copilot import Copilot

        return Copilot(card, key)
    from models.remote.openai_compatible import OpenAiCompatible

    return OpenAiCompatible(card, key)


def wire_body(card: ModelCard, request: ChatRequest) -> bytes:
    """The bytes that the row's dialect puts on the wire; needs no SDK."""
    _check(card)
    model = card.vendor_model or card.id
    if card.dialect == "anthropic":
        anthropic = parse(AnthropicSettings, card.engine, card.id)
        return anthropic_body.body_bytes(request, model, anthropic)
    if card.dialect == "gemini":
        return gemini_body.body_bytes(request, parse(GeminiSettings, card.engine, card.id))
    if card.dialect == "copilot":
        copilot = parse(CopilotSettings, card.engine, card.id)
        return copilot_body.body_bytes(request, model, copilot)
    openai = parse(OpenAiSettings, card.engine, card.id)
    return openai_body.body_bytes(request, model, openai)


def wire_fields(card: ModelCard) -> frozenset[str]:
    """The fields that a body of the row's dialect may have."""
    if card.dialect in image_registry.DIALECTS:
        return image_registry.wire_fields(card)
    _check(card)
    return _FIELDS[card.dialect]


def _check(card: ModelCard) -> None:
    if card.dialect not in DIALECTS:
        raise InvalidConfig(
            f"The row '{card.id}' has dialect {card.dialect}, for which there is no chat adapter;"
            f" there are: {', '.join(DIALECTS)}.",
            param="dialect",
        )
