"""What a live line says while it is heard; times in milliseconds from its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from models.errors import PodiumError


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody speaks; `at_ms` is where what is heard begins."""

    item: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Nobody speaks any more; `at_ms` is where that was sure."""

    item: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class TurnCommitted:
    """A turn is whole; its last words may still come."""

    item: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class WordsCommitted:
    """Words that stand from now on; `text` goes on where the one before ended."""

    item: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What may come next; the next one replaces it."""

    item: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TurnPaused:
    """The caller draws breath: all of the turn so far is written down, and it may end here."""

    item: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TurnCompleted:
    """The whole turn by the final pass; `revised` counts committed words that it says otherwise."""

    item: str
    text: str = field(repr=False)
    seconds: float
    revised: int


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """A turn that could not be written down."""

    item: str
    error: PodiumError


LineEvent: TypeAlias = (
    SpeechStarted
    | SpeechStopped
    | TurnCommitted
    | WordsCommitted
    | Hypothesis
    | TurnPaused
    | TurnCompleted
    | TurnFailed
)
