"""Documents, the chunks they are cut into, and the hits that searching gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mark:
    """From `start` on, the text stands under `heading` and on `page` (from 1; None: no pages)."""

    start: int
    heading: str = ""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a parser read; the body begins at the first mark, marks stand in rising order."""

    title: str
    text: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage: `text` is exactly `[start, end)` of the parsed text, in code points."""

    number: int
    text: str
    start: int
    end: int
    heading: str = ""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it is listed; `label` is canonical JSON, opaque to retrieval."""

    id: str
    collection: str
    title: str
    label: str
    sha256: str
    chunks: int
    path: str = ""
    media_type: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk found: `id` is its document's; a higher `score` is better within one result only."""

    id: str
    collection: str
    chunk: int
    title: str
    heading: str
    page: int | None
    text: str
    start: int
    end: int
    score: float
    label: str
