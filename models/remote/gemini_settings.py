"""What one row of the catalog may set about a server of Gemini's dialect."""

from __future__ import annotations

from typing import Literal

from models.remote.wire_settings import WireSettings


class GeminiSettings(WireSettings):
    """The `engine:` of a catalog row with dialect gemini.

    `thoughts` asks for summaries of the model's thinking, `thinking_level` for more or less of it.
    """

    api_version: Literal["v1", "v1beta"] = "v1beta"
    thoughts: bool = False
    thinking_level: Literal["minimal", "low", "medium", "high"] | None = None
