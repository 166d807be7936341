"""The readings of a text beyond the folded one: what it says once decoded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from router.detect import addresses, decoding, spelling
from router.detect.folding import refolded
from router.detect.ticks import Tick, never, ticking
from router.detect.view import Piece, View, rewritten

DEEPEST = 4
"""How many encodings may lie one in the other; a text with more is not read to its end."""
_CONTEXT = 100
_WRITTEN, _SPOKEN = 6, 4
_SPACES = str.maketrans(",.;:-", "     ")
_LOWER = re.compile(r"[A-Z]")


def next_reading(view: View, *, spoken: bool, tick: Tick = never) -> View | None:
    """The view with everything decoded once, None when nothing in it is encoded.

    Text far from anything decoded is left out: it has been read already.
    """
    pieces = _apart(ticking(_pieces(view.text, spoken, tick), tick))
    if not pieces:
        return None
    tick()
    parts = ticking(_with_gaps(pieces, len(view.text)), tick)
    return refolded(rewritten(view, parts), tick)


def _pieces(text: str, spoken: bool, tick: Tick) -> Iterator[Piece]:
    yield from decoding.percents(text)
    yield from decoding.entities(text)
    yield from decoding.escapes(text)
    yield from decoding.base64s(text)
    yield from decoding.hexes(text)
    lower = text.lower()
    if len(lower) != len(text):
        lower = _LOWER.sub(lambda letter: letter[0].lower(), text)
    if addresses.hints(lower):
        yield from addresses.addresses(lower, tick)
    words = lower.translate(_SPACES).split()
    if spelling.hints(words):
        yield from spelling.numbers(lower, _SPOKEN if spoken else _WRITTEN, tick)
    if list(map(len, words)).count(1) > 3:
        yield from spelling.spaced(text)


def _apart(pieces: Iterator[Piece]) -> list[Piece]:
    """The pieces by position; of two that overlap, the longer."""
    kept: list[Piece] = []
    for piece in sorted(pieces, key=lambda one: (one[0], -one[1])):
        if not kept or piece[0] >= kept[-1][1]:
            kept.append(piece)
    return kept


def _with_gaps(pieces: list[Piece], length: int) -> Iterator[Piece]:
    """The pieces, and line ends for the text between them that is far from each."""
    read = 0
    for start, end, text in pieces:
        low = read + _CONTEXT if read else 0
        if start - _CONTEXT > low:
            yield low, start - _CONTEXT, "\n"
        yield start, end, text
        read = end
    if length > read + _CONTEXT:
        yield read + _CONTEXT, length, "\n"
