"""Which stretches of a recording are heard at once: pure arithmetic on seconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Clip(NamedTuple):
    """A stretch of audio, in seconds from its start."""

    start: float
    end: float


def join_clips(speech: Iterable[Clip], *, window: float, gap: float) -> list[Clip]:
    """Join stretches of speech less than `gap` seconds apart while the whole fits the window.

    A stretch longer than the window is cut, so that nothing is lost.
    """
    joined: list[Clip] = []
    for clip in _cut(speech, window):
        last = joined[-1] if joined else None
        if last and clip.start - last.end < gap and clip.end - last.start <= window:
            joined[-1] = Clip(last.start, clip.end)
        else:
            joined.append(clip)
    return joined


def grouped(clips: Sequence[Clip], size: int) -> list[Sequence[Clip]]:
    """The clips in their order, so many at a time, the rest last."""
    return [clips[start : start + size] for start in range(0, len(clips), size)]


def _cut(speech: Iterable[Clip], window: float) -> Iterable[Clip]:
    for clip in speech:
        start = clip.start
        while clip.end - start > window:
            yield Clip(start, start + window)
            start += window
        yield Clip(start, clip.end)
