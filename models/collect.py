"""Put the deltas of a stream together into one completion."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from models.messages import (
    ChatDelta,
    Choice,
    Completion,
    FinishReason,
    Message,
    TokenLogprob,
    ToolCall,
    ToolCallDelta,
    Usage,
)


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class _Answer:
    text: str = ""
    reasoning: str = ""
    calls: dict[int, _Call] = field(default_factory=dict)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    finish_reason: FinishReason = "stop"
    stop_sequence: str | None = None

    def add(self, delta: ChatDelta) -> None:
        self.text += delta.text
        self.reasoning += delta.reasoning
        self.logprobs += delta.logprobs
        self.finish_reason = delta.finish_reason or self.finish_reason
        self.stop_sequence = delta.stop_sequence or self.stop_sequence
        for part in delta.tool_calls:
            self._add_call(part)

    def _add_call(self, part: ToolCallDelta) -> None:
        call = self.calls.setdefault(part.index, _Call())
        call.id = part.id or call.id
        call.name = part.name or call.name
        call.arguments += part.arguments

    def choice(self, index: int) -> Choice:
        calls = tuple(ToolCall(c.id, c.name, c.arguments) for _, c in sorted(self.calls.items()))
        return Choice(
            index=index,
            message=Message("assistant", self.text, tool_calls=calls),
            finish_reason=self.finish_reason,
            reasoning=self.reasoning,
            logprobs=tuple(self.logprobs),
            stop_sequence=self.stop_sequence,
        )


class Collector:
    """Adds deltas up; `completion` may be asked for at any time."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._answers: dict[int, _Answer] = {}
        self._usage = Usage()

    def add(self, delta: ChatDelta) -> None:
        """Take one delta in."""
        self._answers.setdefault(delta.index, _Answer()).add(delta)
        self._usage = delta.usage or self._usage

    def completion(self) -> Completion:
        """What has come so far."""
        choices = tuple(a.choice(i) for i, a in sorted(self._answers.items()))
        return Completion(self._model, choices, self._usage)


async def collect(model: str, deltas: AsyncIterator[ChatDelta]) -> Completion:
    """The completion a whole stream amounts to."""
    collector = Collector(model)
    async for delta in deltas:
        collector.add(delta)
    return collector.completion()
