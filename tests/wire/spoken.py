"""The dialects that adapters speak, each with its adapter and its row, for tests over all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from models.catalog import ModelCard
from models.messages import ChatRequest, Message
from models.remote.anthropic_messages import AnthropicMessages
from models.remote.gemini_content import GeminiContent
from models.remote.openai_compatible import OpenAiCompatible
from tests.remote_cards import claude_card, gemini_card, remote_card

KEY = "sk-canary-of-the-adapter-0001"
CANARY = "CANARY-7731-of-the-prompt"


@dataclass(frozen=True)
class Spoken:
    """One dialect: `root` says whether its base URL has no version in it."""

    card: Callable[..., ModelCard]
    adapter: Callable[[ModelCard, str | None], Any]
    root: bool
    key_header: tuple[str, str]
    headers: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.card().dialect

    @property
    def model(self) -> str:
        return self.card().id

    def make(self, stub_url: str, key: str | None = KEY, **fields: Any) -> Any:
        """The adapter on a stub whose OpenAI address is `stub_url`."""
        url = stub_url.removesuffix("/v1") if self.root else stub_url
        return self.adapter(self.card(url, **fields), key)

    def asks(self, text: str = CANARY, **fields: Any) -> ChatRequest:
        """A request of one message."""
        return ChatRequest(self.model, (Message("user", text),), **fields)


SPOKEN = (
    Spoken(remote_card, OpenAiCompatible, False, ("authorization", f"Bearer {KEY}")),
    Spoken(
        claude_card,
        AnthropicMessages,
        True,
        ("authorization", f"Bearer {KEY}"),
        frozenset({"anthropic-version"}),
    ),
    Spoken(
        gemini_card, GeminiContent, True, ("x-goog-api-key", KEY), frozenset({"x-goog-api-key"})
    ),
)
