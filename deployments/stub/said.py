"""What the stub says to a request: words, or calls of tools; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from deployments.stub.asked import Asked, Tool
from deployments.stub.instance_of import Echo, Least, Values, instance_of
from deployments.stub.script import Row

SAID = "{said}"
Reason = Literal["stop", "length", "tool_calls", "stop_sequence", "refusal"]


class Said:
    """One answer to one request, the same in every dialect. Tokens are words here."""

    def __init__(self, asked: Asked, row: Row) -> None:
        self.asked = asked
        self.row = row
        self.model = row.model or asked.model
        self.calls = tuple(_call(tool, asked, row) for tool in _called(asked, row))
        self.stopped_by: str | None = None
        self.words = () if self.calls else self._words()

    @property
    def reason(self) -> Reason:
        """Why it ends."""
        if self.calls:
            return "tool_calls"
        if self.row.refusal:
            return "refusal"
        if self.asked.most is not None and len(self.words) == self.asked.most:
            return "length"
        return "stop" if self.stopped_by is None else "stop_sequence"

    @property
    def prompt_tokens(self) -> int:
        """Tokens read."""
        return len(self.asked.prompt.split())

    @property
    def completion_tokens(self) -> int:
        """Tokens written."""
        return len(self.words) or 1

    @property
    def text(self) -> str:
        """All the words."""
        return "".join(self.words)

    def call_id(self, number: int) -> str:
        """The id of a call, which must not have stood in the conversation before."""
        return f"call_stub_{len(self.asked.prompt)}_{number}"

    def _words(self) -> tuple[str, ...]:
        text = _text(self.asked, self.row)
        for stop in self.asked.stops:
            if stop in text:
                text, self.stopped_by = text.split(stop)[0], stop
        if self.asked.schema is not None:
            return (text,)
        parts = text.split(" ")
        many = self.row.words or len(parts)
        words = (parts[number % len(parts)] for number in range(many))
        return tuple(f" {w}" if n else w for n, w in enumerate(words))[: self.asked.most]


def _text(asked: Asked, row: Row) -> str:
    if asked.schema is not None:
        return json.dumps(instance_of(asked.schema, _values(asked, row)), ensure_ascii=False)
    if row.refusal:
        return row.refusal
    return asked.last if row.echo and asked.last else row.reply.replace(SAID, asked.last or "")


def _values(asked: Asked, row: Row) -> Values:
    return Echo(asked.last) if row.echo else Least()


def _call(tool: Tool, asked: Asked, row: Row) -> tuple[str, dict[str, Any]]:
    arguments = instance_of(tool.schema or {"type": "object"}, _values(asked, row))
    return tool.name, arguments if isinstance(arguments, dict) else {}


def _called(asked: Asked, row: Row) -> Sequence[Tool]:
    """The tool that must be called; an echo also calls those whose names stand in the text."""
    if asked.choice == "named":
        return [tool for tool in asked.tools if tool.name == asked.named][:1]
    free = asked.choice == "auto" and row.echo and not asked.answers_tool
    if not asked.tools or not (free or asked.choice == "required"):
        return ()
    if not row.echo:
        return asked.tools[:1]
    named = [tool for tool in asked.tools if _stands_in(tool.name, asked.last)]
    return named or asked.tools[:1]


def _stands_in(name: str, text: str) -> bool:
    """Whether the name is there, written as one word or as several."""
    return any(one in text.lower() for one in (name.lower(), name.lower().replace("_", " ")))


def arguments_text(arguments: Mapping[str, Any]) -> str:
    """The arguments as JSON."""
    return json.dumps(dict(arguments), ensure_ascii=False)
