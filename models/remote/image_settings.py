"""What a row of the catalog may set about a server of OpenAI's image dialect."""

from __future__ import annotations

from pydantic import Field

from models.remote.wire_settings import WireSettings


class ImageSettings(WireSettings):
    """The `engine:` of a catalog row with dialect images.

    `base64_field` sends `response_format: b64_json`, for servers that answer with addresses unless
    asked; the others refuse the field. `quality_field` and `format_field` say whether the server
    takes them.
    """

    response_bytes: int = Field(default=64 * 1024 * 1024, ge=1024)
    base64_field: bool = False
    quality_field: bool = True
    format_field: bool = True
