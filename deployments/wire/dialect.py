"""What two dialects of chat have in common for the code that answers: bodies, events, errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from models.errors import PodiumError
from models.messages import ChatDelta, Completion, Usage


class EventWriter(Protocol):
    """Writes the events of one stream."""

    def delta(self, delta: ChatDelta) -> bytes:
        """The events that a delta lets out; empty when there is nothing to tell yet."""

    def last(self, usage: Usage, route: Mapping[str, Any]) -> bytes:
        """Every event that is left."""


class Dialect(Protocol):
    """How one family of clients asks and reads.

    `shortens` says that their max_tokens is a bound that the model's window may make smaller.
    """

    shortens: ClassVar[bool]

    def body(self, completion: Completion, model: str, route: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a whole answer."""

    def writer(self, model: str) -> EventWriter:
        """A writer for one stream."""

    def error_event(self, error: PodiumError, request_id: str) -> bytes:
        """The last event of a stream that failed after its first byte."""
