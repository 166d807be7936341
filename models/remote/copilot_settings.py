"""What one row of the catalog may set about a Copilot runtime."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from models.remote.wire_settings import WireSettings

# What GitHub's list of addresses to allow has for the plans of its Copilot CLI.
HOSTS = (
    "api.business.githubcopilot.com",
    "api.enterprise.githubcopilot.com",
    "api.github.com",
    "api.githubcopilot.com",
    "api.individual.githubcopilot.com",
)


class CopilotSettings(WireSettings):
    """The `engine:` of a catalog row with dialect copilot.

    `cli_path` is the absolute path of the runtime, which the operator installs: it is never looked
    for and never downloaded. At most `processes` of it run at once. `left_out` names fields that
    the runtime does not take and that requests may have all the same. `hosts` are where it goes,
    for the network's policy: Podium can't hold a process to them.
    """

    cli_path: str | None = Field(default=None, pattern=r"^/")
    processes: int = Field(default=8, ge=1)
    hosts: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.-]+$", max_length=253)], ...] = HOSTS
    left_out: frozenset[Literal["max_tokens", "temperature", "top_p", "seed"]] = frozenset()
