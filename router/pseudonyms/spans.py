"""Which stretches of a text are replaced, where several claims on it overlap."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from router.label import Label


@dataclass(frozen=True, slots=True)
class Claim:
    """A stretch to replace by a token of `type`; the lower the rank, the stronger its type.

    Rank 0 goes before everything, however long the others are.
    """

    start: int
    end: int
    rank: int
    type: str
    label: Label
    subject: str | None = None


def settled(claims: Sequence[Claim], text: str) -> list[Claim]:
    """Claims that do not overlap and cover all that was claimed, by position.

    The longest that fits wins, then the lowest rank, then the first; what is left over of the
    others is replaced on its own. The winner takes over the label, and the subject where it has
    none.
    """
    order = sorted(claims, key=lambda c: (c.rank > 0, c.start - c.end, c.rank, c.start, c.type))
    taken: list[tuple[int, int]] = []
    winners: dict[int, Claim] = {}
    for claim, parts in [(one, False) for one in order] + [(one, True) for one in order]:
        for start, end in _free(claim, taken, text, parts=parts):
            insort(taken, (start, end))
            winners[start] = replace(claim, start=start, end=end)
    for claim in order:
        for start, _ in _overlapping(claim, taken):
            one = winners[start]
            joined = one.label.join(claim.label)
            winners[start] = replace(one, label=joined, subject=one.subject or claim.subject)
    return [winners[start] for start, _ in taken]


def _overlapping(claim: Claim, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What is taken in the claim's stretch, by position."""
    at = max(bisect_right(taken, (claim.start, claim.end)) - 1, 0)
    while at < len(taken) and taken[at][0] < claim.end:
        if taken[at][1] > claim.start:
            yield taken[at]
        at += 1


def _free(
    claim: Claim, taken: Sequence[tuple[int, int]], text: str, *, parts: bool
) -> list[tuple[int, int]]:
    """The claim's stretch while it is free; with `parts` what is left of it, without blanks."""
    covered = list(_overlapping(claim, taken))
    if not covered or not parts:
        return [] if covered else [(claim.start, claim.end)]
    free, at = list[tuple[int, int]](), claim.start
    for start, end in (*covered, (claim.end, claim.end)):
        free += _shown(text, at, start)
        at = end
    return free


def _shown(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A leftover without the blanks and marks at its ends, if anything remains."""
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    if start < end:
        yield start, end
