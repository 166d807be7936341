"""The tool port: one act on the world, typed in and out, its effects declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from models.deadline import Deadline

Plain = str | int | float | bool | None
PlainType = Literal["str", "int", "float", "bool"]


@dataclass(frozen=True, slots=True)
class ToolCard:
    """What a tool is: the `action` it does, and the source its effects are read back from.

    `arguments` are names and types. An `idempotent` tool does a call of the same key once, however
    often it is called.
    """

    action: str
    place: str
    arguments: Mapping[str, PlainType]
    effects: str
    idempotent: bool


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One act to do; `key` names it for good: the run and the step that wanted it."""

    action: str
    key: str
    arguments: Mapping[str, Plain] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What was done: `changed` counts the records it touched, none when it was done before."""

    changed: int


class Tool(Protocol):
    """Does one kind of act; raises PodiumError only."""

    def card(self) -> ToolCard:
        """What it does."""

    async def call(self, call: ToolCall, deadline: Deadline) -> ToolResult:
        """Do it, or raise: an InvalidRequest says that nothing was done."""
