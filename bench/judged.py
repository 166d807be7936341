"""Judged texts for the detectors: the annotated sets, with or without an evasion applied."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from router.detect.checksums import luhn

TYPES = {
    "EMAIL_ADDRESS": "EMAIL",
    "PHONE_NUMBER": "PHONE",
    "CREDIT_CARD": "CARD",
    "US_SSN": "SSN",
    "IBAN_CODE": "IBAN",
    "IP_ADDRESS": "IP",
    "US_DRIVER_LICENSE": "DRIVER_LICENSE",
}


@dataclass(frozen=True, slots=True)
class Span:
    """One annotated identifier, by our own types."""

    type: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A text and all its identifiers."""

    text: str
    spans: tuple[Span, ...]


def annotated(path: Path) -> Iterator[Judged]:
    """presidio-research's JSON lines; a card that fails Luhn is annotated but is no card."""
    for line in path.read_text().splitlines():
        row = json.loads(line)
        spans = (_span(row["full_text"], one) for one in row["spans"])
        yield Judged(row["full_text"], tuple(one for one in spans if one))


def evaded(judged: Judged, change: Callable[[str], str]) -> Judged:
    """The same text with every identifier written in another way."""
    text, spans, read = "", [], 0
    for one in sorted(judged.spans, key=lambda span: span.start):
        text += judged.text[read : one.start]
        start = len(text)
        text += change(judged.text[one.start : one.end])
        spans.append(Span(one.type, start, len(text)))
        read = one.end
    return Judged(text + judged.text[read:], tuple(spans))


def of_types(judged: Iterable[Judged], types: frozenset[str]) -> list[Judged]:
    """The texts that have an identifier of one of the types."""
    return [one for one in judged if any(span.type in types for span in one.spans)]


def _span(text: str, row: dict[str, object]) -> Span | None:
    type_ = TYPES.get(str(row["entity_type"]))
    start, end = int(str(row["start_position"])), int(str(row["end_position"]))
    if type_ is None or (type_ == "CARD" and not luhn(text[start:end])):
        return None
    return Span(type_, start, end)
