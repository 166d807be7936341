"""What one row of the catalog may set about a model of Gemini's that makes pictures."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.remote.wire_settings import WireSettings


class GeminiImageSettings(WireSettings):
    """The `engine:` of a catalog row with dialect gemini_images.

    `many` says that the model makes several pictures of one prompt, which most refuse.
    """

    response_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    api_version: Literal["v1", "v1beta"] = "v1beta"
    many: bool = False
