"""What one row of the catalog may set about a server of OpenAI's dialect."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class OpenAiSettings(BaseModel):
    """The `engine:` of a catalog row with dialect openai_compatible.

    Servers differ in the name of the limit on tokens and in whether a JSON schema may be strict.
    Sizes are bytes, times seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    strict_schema: bool = True
    connect_s: float = Field(default=10.0, gt=0)
    silence_s: float = Field(default=120.0, gt=0)
    request_bytes: int = Field(default=4 * 1024 * 1024, ge=1024)
    response_bytes: int = Field(default=16 * 1024 * 1024, ge=1024)
