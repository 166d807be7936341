"""A reading of a text (folded, decoded, spoken) whose every span leads back to the original."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

Piece = tuple[int, int, str]
"""Start and end in a view's text, and what stands there in the next reading."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a view: copied from its parent one to one, or made from a parent's span."""

    at: int
    start: int
    end: int
    copied: bool


@dataclass(frozen=True, slots=True)
class View:
    """A text and the way back; the original has no parent."""

    text: str
    parent: View | None = None
    segments: tuple[Segment, ...] = ()
    starts: tuple[int, ...] = ()

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that a non-empty span of this view comes from."""
        view, low, high = self, start, end
        while view.parent is not None:
            if view.segments:
                low, high = view._low(low), view._high(high - 1)
            view = view.parent
        return low, high

    def made(self, start: int, end: int) -> bool:
        """Whether any part of the span was rewritten in this reading or before it."""
        view: View | None = self
        while view is not None and not view.segments:
            view = view.parent
        return view is not None and view._made_here(start, end)

    def _made_here(self, start: int, end: int) -> bool:
        first = max(bisect_right(self.starts, start) - 1, 0)
        for segment in self.segments[first:]:
            if segment.at >= end:
                return False
            if not segment.copied:
                return True
        return False

    def _low(self, position: int) -> int:
        segment = self._segment(position)
        return segment.start + (position - segment.at if segment.copied else 0)

    def _high(self, position: int) -> int:
        segment = self._segment(position)
        return segment.start + position - segment.at + 1 if segment.copied else segment.end

    def _segment(self, position: int) -> Segment:
        return self.segments[bisect_right(self.starts, position) - 1]


def rewritten(view: View, pieces: Iterable[Piece], appended: Iterable[Piece] = ()) -> View:
    """The next reading: `pieces`, in order and apart, replaced, and others set at the end."""
    builder = _Builder(view.text)
    for start, end, new in pieces:
        builder.copy(start)
        builder.make(start, end, new)
    builder.copy(len(view.text))
    for start, end, new in appended:
        builder.make(start, end, new)
    return builder.view(view)


class _Builder:
    def __init__(self, text: str) -> None:
        self._text = text
        self._parts: list[str] = []
        self._segments: list[Segment] = []
        self._read = 0
        self._written = 0

    def copy(self, until: int) -> None:
        if until > self._read:
            self._segments.append(Segment(self._written, self._read, until, True))
            self._parts.append(self._text[self._read : until])
            self._written += until - self._read
            self._read = until

    def make(self, start: int, end: int, new: str) -> None:
        if new:
            self._segments.append(Segment(self._written, start, end, False))
            self._parts.append(new)
            self._written += len(new)
        self._read = end

    def view(self, parent: View) -> View:
        segments = tuple(self._segments)
        return View("".join(self._parts), parent, segments, tuple(s.at for s in segments))
