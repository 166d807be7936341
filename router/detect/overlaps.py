"""What stays when finds lie one in the other; all sweeps are linear but for a sort."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from router.detect.finding import Finding
from router.detect.page import Match


class Seen(NamedTuple):
    """A detector's match in a view; the lower the rank, the stronger the detector."""

    rank: int
    detector: str
    match: Match


def strongest(seen: Iterable[Seen]) -> list[Seen]:
    """All but those that lie inside a find of a detector at least as strong, by position."""
    kept: list[Seen] = []
    open_: list[Seen] = []
    for one in sorted(seen, key=lambda s: (s.match.start, -s.match.end, s.rank)):
        open_ = [other for other in open_ if other.match.end > one.match.start]
        if not any(o.match.end >= one.match.end and o.rank <= one.rank for o in open_):
            kept.append(one)
            open_.append(one)
    return kept


def merged(before: Sequence[Finding], new: Iterable[tuple[Finding, bool]]) -> list[Finding]:
    """The findings with those of a later reading; each comes with whether it was made there.

    What an earlier reading already told is left out: the same type on the same or a wider span,
    or anything on text that the later reading did not change.
    """
    unique = {(one.type, one.start, one.end): (one, made) for one, made in new}
    rows = [(one.start, 0, -one.end, one, True) for one in before]
    rows += [(one.start, 1, -one.end, one, made) for one, made in unique.values()]
    rows.sort(key=lambda row: row[:3])
    kept: list[Finding] = []
    open_: list[Finding] = []
    starts = sorted(one.start for one in before)
    for _, later, _, one, made in rows:
        open_ = [other for other in open_ if other.end > one.start]
        if later and (_told(one, open_) or (not made and (open_ or _starts_in(starts, one)))):
            continue
        kept.append(one)
        open_.append(one)
    return kept


def _told(one: Finding, open_: Sequence[Finding]) -> bool:
    return any(other.type == one.type and other.end >= one.end for other in open_)


def _starts_in(starts: Sequence[int], one: Finding) -> bool:
    return bisect_left(starts, one.start) < bisect_left(starts, one.end)
