"""Which adapter speaks which wire dialect."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from models.catalog import ModelCard
from models.deadline import Deadline
from models.errors import InvalidConfig
from models.messages import ChatDelta, ChatRequest
from models.remote import openai_body
from models.remote.openai_settings import OpenAiSettings
from models.strict_yaml import parse

DIALECTS = ("openai_compatible",)


class RemoteChat(Protocol):
    """A provider as the gate uses it: bytes that were checked go out, deltas come back."""

    returned_model: str | None

    def send(self, body: bytes, deadline: Deadline) -> AsyncIterator[ChatDelta]:
        """Put exactly `body` on the wire."""

    async def close(self) -> None:
        """Close every connection."""


def is_callable(card: ModelCard) -> bool:
    """Whether an adapter for the row's dialect is there."""
    return card.dialect in DIALECTS


def connect(card: ModelCard, key: str | None) -> RemoteChat:
    """The adapter of a row; no connection is opened yet. Raises InvalidConfig."""
    _check(card)
    from models.remote.openai_compatible import OpenAiCompatible

    return OpenAiCompatible(card, key)


def wire_body(card: ModelCard, request: ChatRequest) -> bytes:
    """The bytes that the row's dialect puts on the wire; needs no SDK."""
    _check(card)
    settings = parse(OpenAiSettings, card.engine, card.id)
    return openai_body.body_bytes(request, card.vendor_model or card.id, settings)


def wire_fields(card: ModelCard) -> frozenset[str]:
    """The fields that a body of the row's dialect may have."""
    _check(card)
    return openai_body.FIELDS


def _check(card: ModelCard) -> None:
    if not is_callable(card):
        raise InvalidConfig(
            f"The row '{card.id}' has dialect {card.dialect}, for which there is no adapter;"
            f" there are: {', '.join(DIALECTS)}.",
            param="dialect",
        )
