"""Values of a provider's answer as the types they must have; SDKs don't look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def text_of(value: Any) -> str:
    """A text, empty for None; raises TypeError for anything else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def count_of(value: Any) -> int:
    """A count, zero for None; raises TypeError for anything else."""
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("no count")
    return value


def row_of(value: Any) -> Mapping[str, Any]:
    """An object, empty for None; raises TypeError for anything else."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise TypeError("no object")
    return value


def rows_of(value: Any) -> Sequence[Any]:
    """A list, empty for None; raises TypeError for anything else."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise TypeError("no list")
    return value
