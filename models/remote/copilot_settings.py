"""What one row of the catalog may set about a Copilot runtime."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.remote.wire_settings import WireSettings


class CopilotSettings(WireSettings):
    """The `engine:` of a catalog row with dialect copilot.

    `cli_path` is the absolute path of the runtime, which the operator installs: it is never looked
    for and never downloaded. At most `processes` of it run at once. `left_out` names fields that
    the runtime does not take and that requests may have all the same.
    """

    cli_path: str | None = Field(default=None, pattern=r"^/")
    processes: int = Field(default=8, ge=1)
    left_out: frozenset[Literal["max_tokens", "temperature", "top_p", "seed"]] = frozenset()
