"""How far a copy has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """`total` is told once, in bytes; `advance` how many more of them are done."""

    total: Callable[[int], None]
    advance: Callable[[int], None]
