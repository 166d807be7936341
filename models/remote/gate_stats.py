"""What Egress says of a model outside."""

from __future__ import annotations

from dataclasses import dataclass

from models.remote.traffic import Held


@dataclass(frozen=True, slots=True)
class GateStats:
    """Answers open now, and why the model is not asked, if so."""

    running: int = 0
    waiting: int = 0
    held: Held | None = None
