"""What one row of the catalog may set about a server of Anthropic's dialect."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.remote.wire_settings import WireSettings


class AnthropicSettings(WireSettings):
    """The `engine:` of a catalog row with dialect anthropic.

    `max_tokens` is sent where a request sets none, for the dialect demands one. Version 2026-10-21
    of Anthropic's API knows no temperature, top_p and top_k: `sampling: false` leaves out what only
    steers chance. `thinking: default` is whatever the model does by itself.
    """

    max_tokens: int = Field(default=8192, ge=1)
    sampling: bool = False
    thinking: Literal["default", "adaptive", "off"] = "default"
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
