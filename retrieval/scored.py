"""What a ranking is made of."""

from __future__ import annotations

from typing import NamedTuple


class Scored(NamedTuple):
    """A chunk's key and how well it fits; higher is better, within one ranking only."""

    chunk_pk: int
    score: float
