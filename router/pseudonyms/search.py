"""Finding known values in a text, in every reading that the detectors have of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from router.detect.folding import folded, folded_character
from router.detect.readings import DEEPEST, next_reading
from router.detect.view import View
from router.pseudonyms.groups import Group, groups, plain
from router.pseudonyms.known import KnownValue
from router.pseudonyms.names import TITLES
from router.pseudonyms.phone import phone_spans, significant
from router.pseudonyms.shapes import Shape, shapes

Sighting = tuple[int, int, KnownValue]
"""Start and end in the original text, and what stands there."""
_LEAST_SQUEEZED = 6


@dataclass(frozen=True, slots=True)
class Readings:
    """The folded text and what it says once decoded; not `complete` when encoded too deep."""

    views: tuple[View, ...]
    complete: bool


def readings(text: str, *, spoken: bool = False) -> Readings:
    """The readings of a text that detectors have too."""
    views = [folded(text)]
    for _ in range(DEEPEST):
        following = next_reading(views[-1], spoken=spoken)
        if following is None:
            return Readings(tuple(views), True)
        views.append(following)
    return Readings(tuple(views), next_reading(views[-1], spoken=spoken) is None)


class KnownValues:
    """Known values ready to be searched for; make one for a request and keep it."""

    def __init__(self, known: Iterable[KnownValue]) -> None:
        self._shapes: defaultdict[str, list[tuple[Shape, KnownValue]]] = defaultdict(list)
        self._phones: list[tuple[str, KnownValue]] = []
        self._squeezed: set[str] = set()
        for one in known:
            self._add(one)

    def find(self, text: str) -> list[Sighting]:
        """Every sighting, overlapping ones too, in a fixed order."""
        seen = [one for view in readings(text).views for one in self._in_view(view)]
        whole = ((start, _with_marks(text, end), one) for start, end, one in seen)
        return sorted(whole, key=lambda s: (s[0], -s[1], s[2].type, s[2].value))

    def left_in(self, pieces: Sequence[str]) -> bool:
        """Whether a value still stands there with whatever between its letters, or backwards."""
        for piece in pieces:
            read = readings(piece)
            if not read.complete or any(self._squeezed_in(view.text) for view in read.views):
                return True
        return False

    def _add(self, known: KnownValue) -> None:
        for shape in shapes(known):
            self._shapes[shape.words[0]].append((shape, known))
        squeezed = _squeeze(folded(known.value).text)
        if len(squeezed) >= _LEAST_SQUEEZED:
            self._squeezed |= {squeezed, squeezed[::-1]}
        if known.type.lower() == "phone":
            self._phones.append((significant(folded(known.value).text), known))

    def _in_view(self, view: View) -> Iterator[Sighting]:
        found = list(groups(view.text))
        for first, last, known in (*self._shaped(view.text, found), *self._dialled(found)):
            start, end = view.origin(found[first].start, found[last].end)
            yield start, end, known

    def _shaped(self, text: str, found: Sequence[Group]) -> Iterator[tuple[int, int, KnownValue]]:
        for at, group in enumerate(found):
            for shape, known in self._shapes.get(group.word, ()):
                if _stands(shape, text, found, at):
                    yield at, at + len(shape.words) - 1, known

    def _dialled(self, found: Sequence[Group]) -> Iterator[tuple[int, int, KnownValue]]:
        for digits, known in self._phones:
            for first, last in phone_spans(digits, found):
                yield first, last, known

    def _squeezed_in(self, text: str) -> bool:
        squeezed = _squeeze(text)
        return any(value in squeezed for value in self._squeezed)


def _stands(shape: Shape, text: str, found: Sequence[Group], at: int) -> bool:
    last = at + len(shape.words) - 1
    if last >= len(found):
        return False
    for place, word in enumerate(shape.words, at):
        if found[place].word != word or (place > at and not _follows(shape, text, found, place)):
            return False
    return _apart(found, at - 1) and _apart(found, last) and _met(shape, found, at)


def _follows(shape: Shape, text: str, found: Sequence[Group], place: int) -> bool:
    gap = text[found[place - 1].end : found[place].start]
    return len(gap) <= shape.gap and (shape.between is None or shape.between.issuperset(gap))


def _apart(found: Sequence[Group], left: int) -> bool:
    """Whether a word ends between this group and the next."""
    if not 0 <= left < len(found) - 1:
        return True
    one, other = found[left], found[left + 1]
    return one.end < other.start or one.unspaced or other.unspaced


def _met(shape: Shape, found: Sequence[Group], at: int) -> bool:
    if shape.needs == "capital":
        return found[at].capital
    if shape.needs == "title":
        return at > 0 and found[at - 1].word in TITLES
    return True


def _with_marks(text: str, end: int) -> int:
    """Past the marks and invisible characters that belong to the last letter."""
    while end < len(text) and not folded_character(text[end]):
        end += 1
    return end


def _squeeze(text: str) -> str:
    return "".join(filter(str.isalnum, plain(text)))
