"""What one row of the catalog may set about a server of OpenAI's dialect."""

from __future__ import annotations

from typing import Literal

from models.remote.wire_settings import WireSettings


class OpenAiSettings(WireSettings):
    """The `engine:` of a catalog row with dialect openai_compatible.

    Servers differ in the names of the limit on tokens and of the seed, in the word that makes a
    tool call required, and in whether a JSON schema may be strict or be given at all.
    `reasoning_effort` is sent as it stands. `left_out` names fields this server does not take and
    that only steer chance.
    """

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: Literal["seed", "random_seed"] = "seed"
    required_word: Literal["required", "any"] = "required"
    strict_schema: bool = True
    schemas: bool = True
    parallel_field: bool = True
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    left_out: frozenset[Literal["temperature", "top_p", "seed"]] = frozenset()
