"""Looking at the clock between the steps of a long work that nothing else interrupts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Tick = Callable[[], None]
"""Called now and then; raises to end the work."""
_T = TypeVar("_T")
_EVERY = 256


def never() -> None:
    """Ends no work."""


def ticking(steps: Iterable[_T], tick: Tick) -> Iterator[_T]:
    """The same steps, with a look at the clock before some of them."""
    for number, step in enumerate(steps):
        if number % _EVERY == 0:
            tick()
        yield step
