"""Telephone numbers: the same line however it is grouped, with or without its country's code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from router.pseudonyms.groups import Group
from router.pseudonyms.shapes import WIDEST_GAP

_TAIL = 7


def significant(number: str) -> str:
    """The digits after any zeros that only dial out."""
    return "".join(letter for letter in number if letter.isdecimal()).lstrip("0")


def phone_spans(digits: str, found: Sequence[Group]) -> Iterator[tuple[int, int]]:
    """Where the number with these significant digits stands: first and last group, inclusive.

    Its last seven digits decide; what stands before them is taken in as far as it belongs.
    """
    tail = digits[-_TAIL:]
    if len(tail) < 4:
        return
    for at in range(len(found) - len(tail) + 1):
        last = at + len(tail) - 1
        if _runs(found, at, last) and _spell(found, at, tail) and not _goes_on(found, last):
            yield _first(found, at, digits[: -len(tail)]), last


def _runs(found: Sequence[Group], first: int, last: int) -> bool:
    return all(_near(found, place) for place in range(first + 1, last + 1))


def _near(found: Sequence[Group], place: int) -> bool:
    """Whether the group is a digit that follows on another closely enough."""
    before, here = found[place - 1], found[place]
    return (
        here.word.isdecimal() and before.word.isdecimal() and here.start - before.end <= WIDEST_GAP
    )


def _spell(found: Sequence[Group], at: int, tail: str) -> bool:
    return all(found[at + place].word == digit for place, digit in enumerate(tail))


def _goes_on(found: Sequence[Group], last: int) -> bool:
    return (
        last + 1 < len(found)
        and found[last + 1].word.isdecimal()
        and found[last + 1].start == found[last].end
    )


def _first(found: Sequence[Group], at: int, before: str) -> int:
    """Back over the digits of the number itself, dialling zeros, and digits with no gap at all."""
    left = list(before)
    while at > 0 and _near(found, at):
        digit, joined = found[at - 1].word, found[at - 1].end == found[at].start
        if left and left[-1] == digit:
            left.pop()
        elif digit != "0" and not joined:
            break
        at -= 1
    return at
