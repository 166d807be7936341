"""What a request asks for, whichever dialect it came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Choice = Literal["none", "auto", "required", "named"]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that may be called, and the schema of its arguments."""

    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `prompt` is every text in it, `last` the text of its last turn.

    `answers_tool` says that the last turn is the result of a tool; `most` is in tokens.
    """

    model: str
    prompt: str
    last: str
    answers_tool: bool = False
    most: int | None = None
    stops: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    tools: tuple[Tool, ...] = ()
    choice: Choice = "auto"
    named: str | None = None
    stream: bool = False
    usage: bool = True
    logprobs: bool = False
    picture: bool = False
    many: int = 1
