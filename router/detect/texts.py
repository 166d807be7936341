"""The texts in a value: what a scan reads of rows, answers and bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Unfold = Callable[[Any], Iterable[Any]]


def _nothing(value: Any) -> Iterable[Any]:
    return ()


def texts(value: Any, unfold: Unfold = _nothing) -> Iterator[str]:
    """Every text and number of a value in order, the names in a mapping among them.

    `phone: 482913` stands on one line, for it is the name that says what the number is. `unfold`
    gives what is inside a value of another type.
    """
    if (plain := _plain(value)) is not None:
        yield plain
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            said = _plain(inner)
            yield str(name) if said is None else f"{name}: {said}"
            if said is None:
                yield from texts(inner, unfold)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner, unfold)
    else:
        for inner in unfold(value):
            yield from texts(inner, unfold)


def _plain(value: Any) -> str | None:
    """A text, or a number as it is written; a truth value says nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
