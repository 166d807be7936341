"""What the stub says: bodies and chunks of OpenAI's chat completions; pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deployments.stub.instance_of import instance_of
from deployments.stub.script import Row

ID = "chatcmpl-stub"


class Answer:
    """One answer to one body, whole or in pieces."""

    def __init__(self, body: Mapping[str, Any], row: Row) -> None:
        self._row = row
        self._body = body
        self.model = row.model or str(body.get("model", "stub"))
        self.tool = _wanted_tool(body)
        self.words = [] if self.tool else _words(body, row)

    @property
    def usage(self) -> dict[str, int]:
        """Tokens are words here."""
        prompt = len(prompt_of(self._body).split())
        said = len(self.words) or 1
        return {
            "prompt_tokens": prompt,
            "completion_tokens": said,
            "total_tokens": prompt + said,
        }

    @property
    def reason(self) -> str:
        """Why it ends."""
        if self.tool:
            return "tool_calls"
        return "length" if len(self.words) == _most(self._body) else "stop"

    def whole(self) -> dict[str, Any]:
        """The body of an answer that is not streamed."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.words)}
        if self.tool:
            message |= {"content": None, "tool_calls": [_call(self.tool)]}
        return {
            "id": ID,
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "choices": [
                {"index": 0, "message": message, "finish_reason": self.reason, "logprobs": None}
            ],
            "usage": self.usage,
        }

    def chunks(self) -> Iterator[dict[str, Any]]:
        """The chunks of a stream, one a word; usage in a last one of its own when asked for."""
        yield self._chunk({"role": "assistant", "content": ""})
        if self.tool:
            yield self._chunk({"tool_calls": [{"index": 0, **_call(self.tool)}]})
        for word in self.words:
            yield self._chunk({"content": word})
        yield self._chunk({}, self.reason)
        options = self._body.get("stream_options")
        if isinstance(options, Mapping) and options.get("include_usage"):
            yield {**self._frame(), "choices": [], "usage": self.usage}

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return {**self._frame(), "choices": [choice]}

    def _frame(self) -> dict[str, Any]:
        return {"id": ID, "object": "chat.completion.chunk", "created": 0, "model": self.model}


def prompt_of(body: Mapping[str, Any]) -> str:
    """Every text of every message, for scripts that match and for counting."""
    found = []
    for message in body.get("messages") or ():
        content = message.get("content") if isinstance(message, Mapping) else None
        found.append(content if isinstance(content, str) else json.dumps(content))
    return "\n".join(found)


def _words(body: Mapping[str, Any], row: Row) -> list[str]:
    schema = _schema(body)
    if schema is not None:
        return [json.dumps(instance_of(schema))]
    parts = row.reply.split(" ")
    many = row.words or len(parts)
    words = [parts[n % len(parts)] for n in range(many)]
    return [word if n == 0 else f" {word}" for n, word in enumerate(words)][: _most(body)]


def _most(body: Mapping[str, Any]) -> int | None:
    most = body.get("max_completion_tokens") or body.get("max_tokens")
    return most if isinstance(most, int) else None


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    wanted = body.get("response_format")
    if not isinstance(wanted, Mapping):
        return None
    if wanted.get("type") == "json_object":
        return {"type": "object"}
    named = wanted.get("json_schema")
    return named.get("schema") if isinstance(named, Mapping) else None


def _wanted_tool(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The tool to call: the named one, or the first when one is required."""
    tools = [tool["function"] for tool in body.get("tools") or ()]
    choice = body.get("tool_choice")
    if isinstance(choice, Mapping):
        name = choice.get("function", {}).get("name")
        return next((tool for tool in tools if tool.get("name") == name), None)
    return tools[0] if choice == "required" and tools else None


def _call(tool: Mapping[str, Any]) -> dict[str, Any]:
    arguments = json.dumps(instance_of(tool.get("parameters") or {"type": "object"}))
    function = {"name": tool["name"], "arguments": arguments}
    return {"id": "call_stub", "type": "function", "function": function}
