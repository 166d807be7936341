"""Where in a recording each token is said, read off the letter head's own best path.

The decoder learns to listen much faster when part of its attention is shown the place: otherwise
it becomes a language model that writes fluently and hears nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MARGIN = 4
_NEVER = -1e9

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Span:
    """The encoder frames in which a token is said, both ends included."""

    first: float
    last: float


@dataclass(frozen=True)
class _Lattice:
    """States blank, letter, blank, …, blank of every row; `skips` may be reached past a blank."""

    states: Ints
    sizes: Ints
    skips: NDArray[np.bool_]


def _lattice(letters: list[list[int]]) -> _Lattice:
    width = 2 * max(len(row) for row in letters) + 1
    states = np.zeros((len(letters), width), dtype=np.int64)
    for index, row in enumerate(letters):
        states[index, 1 : 2 * len(row) : 2] = row
    skips = np.zeros(states.shape, dtype=np.bool_)
    skips[:, 2:] = (states[:, 2:] != 0) & (states[:, 2:] != states[:, :-2])
    return _Lattice(states, np.array([2 * len(row) + 1 for row in letters]), skips)


def _shifted(scores: Floats, by: int) -> Floats:
    moved = np.full_like(scores, _NEVER)
    moved[:, by:] = scores[:, :-by]
    return moved


def _forward(paths: Floats, lattice: _Lattice, lengths: Ints) -> tuple[Floats, NDArray[np.int8]]:
    """Best scores at each row's own last frame, and how far back each state was reached from."""
    rows = np.arange(len(lengths))[:, None]
    scores = np.full(lattice.states.shape, _NEVER, dtype=np.float32)
    scores[:, :2] = paths[0][rows, lattice.states[:, :2]]
    back = np.zeros((len(paths), *scores.shape), dtype=np.int8)
    for frame in range(1, len(paths)):
        skipped = np.where(lattice.skips, _shifted(scores, 2), _NEVER)
        options = np.stack([scores, _shifted(scores, 1), skipped])
        back[frame] = options.argmax(0)
        reached = options.max(0) + paths[frame][rows, lattice.states]
        scores = np.where(frame < lengths[:, None], reached, scores).astype(np.float32)
    return scores, back


def letter_frames(paths: Floats, letters: list[list[int]], lengths: Ints) -> list[Floats]:
    """The frame of each letter on the best path of log probabilities (frames, rows, letters).

    A row with no letters, or with more than its frames can hold, gives an empty array.
    """
    if not any(letters):
        return [np.zeros(0, dtype=np.float32) for _ in letters]
    lattice = _lattice(letters)
    scores, back = _forward(paths, lattice, lengths)
    return [_trace(i, scores[i], back[:, i], lattice, int(lengths[i])) for i in range(len(letters))]


def _trace(
    row: int, scores: Floats, back: NDArray[np.int8], lattice: _Lattice, length: int
) -> Floats:
    size = int(lattice.sizes[row])
    if size == 1 or scores[size - 2 : size].max() < _NEVER / 2:
        return np.zeros(0, dtype=np.float32)
    state = size - 2 + int(scores[size - 1] > scores[size - 2])
    totals, counts = np.zeros(size // 2), np.zeros(size // 2)
    for frame in range(length - 1, -1, -1):
        if state % 2:
            totals[state // 2] += frame
            counts[state // 2] += 1
        state -= int(back[frame, state])
    return np.asarray(totals / np.maximum(counts, 1), dtype=np.float32)


def token_spans(frames: Floats, sizes: list[int], length: int) -> list[Span]:
    """Spans of tokens of so many letters each, and of the end; a token of none lies between."""
    if not len(frames) or sum(sizes) != len(frames):
        return []
    ends = np.cumsum(sizes)
    spans = []
    for size, end in zip(sizes, ends, strict=True):
        first = frames[max(0, end - size if size else end - 1)]
        last = frames[min(len(frames) - 1, end - 1 if size else end)]
        spans.append(Span(float(first) - MARGIN, float(last) + MARGIN))
    return [*spans, Span(float(frames[-1]), float(length))]
