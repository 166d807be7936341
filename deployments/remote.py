"""What one deployment is to another: methods by name, answers whole or as they come."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, Protocol

from models.deadline import Deadline


class Remote(Protocol):
    """One deployment as others call it; every call ends by its deadline, with a PodiumError.

    Leaving a call early, or closing a stream, stops the work at the other end.
    """

    name: str

    async def call(self, method: str, *args: object, deadline: Deadline) -> Any:
        """The method's answer."""

    def stream(self, method: str, *args: object, deadline: Deadline) -> AsyncGenerator[Any, None]:
        """The items of a generator method as they come."""
