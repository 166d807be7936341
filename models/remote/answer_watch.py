"""Status and headers of a provider's answer, for whoever watches over the calls of this task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

Watch = Callable[[int, Mapping[str, str]], None]

_watch: ContextVar[Watch | None] = ContextVar("podium_answer_watch", default=None)


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Have `watch` told of every answer that comes while this is open, in this task alone."""
    before = _watch.get()
    _watch.set(watch)
    try:
        yield
    finally:
        _watch.set(before)


def answer_came(status: int, headers: Mapping[str, str]) -> None:
    """Called by the one way out for every answer; header names are in lower case."""
    watch = _watch.get()
    if watch is not None:
        watch(status, headers)
