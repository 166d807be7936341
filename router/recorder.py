"""The recorder: the one port through which everything nondeterministic enters a run."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Protocol, TypeVar, cast

from models.errors import PodiumError

T = TypeVar("T")


class Recorder(Protocol):
    """Lets inputs through, or gives those of an earlier run; keys are unique within a run."""

    def value(self, key: str, make: Callable[[], T]) -> T:
        """A clock reading or an id."""

    async def call(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        """The answer of a model, a search or a query; errors of our tree are answers too."""

    def stream(self, key: str, make: Callable[[], AsyncIterator[T]]) -> AsyncGenerator[T, None]:
        """The pieces of a streamed answer; closing it closes what it reads from."""


def monotonic_ms() -> float:
    """Milliseconds on a clock that never goes back."""
    return time.monotonic() * 1000.0


def random_id(prefix: str) -> str:
    """A new id that nobody can guess."""
    return f"{prefix}-{secrets.token_hex(12)}"


async def close(stream: AsyncIterator[Any]) -> None:
    """Close an iterator that can be closed, so that whoever feeds it stops."""
    closing = getattr(stream, "aclose", None)
    if closing is not None:
        await closing()


class Live:
    """Lets everything through and keeps nothing."""

    def value(self, key: str, make: Callable[[], T]) -> T:
        return make()

    async def call(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        return await make()

    async def stream(
        self, key: str, make: Callable[[], AsyncIterator[T]]
    ) -> AsyncGenerator[T, None]:
        source = make()
        try:
            async for piece in source:
                yield piece
        finally:
            await close(source)


class Recording:
    """Lets everything through and keeps it in `entries`, key by key."""

    def __init__(self) -> None:
        self.entries: dict[str, list[Any]] = {}
        self._live = Live()

    def value(self, key: str, make: Callable[[], T]) -> T:
        made = make()
        self._keep(key, made)
        return made

    async def call(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        try:
            made = await make()
        except PodiumError as error:
            self._keep(key, error)
            raise
        self._keep(key, made)
        return made

    async def stream(
        self, key: str, make: Callable[[], AsyncIterator[T]]
    ) -> AsyncGenerator[T, None]:
        kept = self.entries.setdefault(key, [])
        try:
            async with aclosing(self._live.stream(key, make)) as pieces:
                async for piece in pieces:
                    kept.append(piece)
                    yield piece
        except PodiumError as error:
            kept.append(error)
            raise

    def _keep(self, key: str, made: object) -> None:
        self.entries.setdefault(key, []).append(made)


class Replaying:
    """Gives what an earlier run recorded and never calls anything.

    A key that was not recorded raises KeyError: the run took another course.
    """

    def __init__(self, entries: dict[str, list[Any]]) -> None:
        self._left = {key: list(kept) for key, kept in entries.items()}

    def value(self, key: str, make: Callable[[], T]) -> T:
        return cast(T, self._next(key))

    async def call(self, key: str, make: Callable[[], Awaitable[T]]) -> T:
        return cast(T, self._next(key))

    async def stream(
        self, key: str, make: Callable[[], AsyncIterator[T]]
    ) -> AsyncGenerator[T, None]:
        while self._left[key]:
            yield self._next(key)

    def _next(self, key: str) -> Any:
        made = self._left[key].pop(0)
        if isinstance(made, PodiumError):
            raise made
        return made
