"""The shapes in which a known value may stand in a text: its spellings, orders and parts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from router.detect.folding import folded
from router.pseudonyms.groups import plain, words
from router.pseudonyms.known import KnownValue
from router.pseudonyms.names import PARTICLES, TITLES, WORDS

Needs = Literal["nothing", "capital", "title"]
WIDEST_GAP: Final = 3
NAME_GAP: Final = frozenset(" \t\n\r,.'_-")
"""What may stand between the parts of a name; anything else parts two people."""
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}
_ROADS = (
    ("street", "st"), ("road", "rd"), ("avenue", "ave"), ("boulevard", "blvd"), ("lane", "ln"),
    ("drive", "dr"), ("court", "ct"), ("square", "sq"), ("place", "pl"), ("apartment", "apt"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """Words that stand for a known value when they follow each other at most `gap` apart.

    `needs` is what else must be so: a capital letter at the start, or a title before. `between`
    is what may stand between the words, anything when None.
    """

    words: tuple[str, ...] = field(repr=False)
    needs: Needs = "nothing"
    gap: int = WIDEST_GAP
    between: frozenset[str] | None = None


def shapes(known: KnownValue) -> list[Shape]:
    """Every shape of a value; none for one with fewer than two letters or digits."""
    every = {"person": _person, "name": _person, "email": _email, "address": _address}
    made = every.get(known.type.lower(), _whole)(known.value)
    return list(dict.fromkeys(shape for shape in made if sum(map(len, shape.words)) > 1))


def _whole(text: str) -> Iterator[Shape]:
    found = words(folded(text).text)
    yield Shape(found, gap=WIDEST_GAP if sum(map(len, found)) > 3 else 1)


def _person(text: str) -> Iterator[Shape]:
    for name in sorted(_customs(text)):
        last, first = _last_and_first(name)
        yield from _person_whole(last, first)
        for part in (*first, *last):
            yield from _part(part)


def _person_whole(last: Sequence[str], first: Sequence[str]) -> Iterator[Shape]:
    whole = (*first, *last)
    orders = [whole, (*last, *first)]
    if first and last:
        orders += [(first[0], *last), (*last, first[0]), (first[0][0], *last)]
    for order in orders:
        groups = tuple(word for part in order for word in words(part))
        yield Shape(groups, between=NAME_GAP)
        if all(word.isascii() for word in groups):
            yield Shape(("".join(groups),))


def _part(part: str) -> Iterator[Shape]:
    groups = words(part)
    name = "".join(groups)
    if name in PARTICLES or not name:
        return
    yield Shape(groups, "title")
    if name in WORDS:
        yield Shape(groups, "capital")
    elif len(name) > 2 or (len(name) == 2 and not name.isascii()):
        yield Shape(groups)


def _last_and_first(name: str) -> tuple[list[str], list[str]]:
    before, comma, after = name.partition(",")
    if comma:
        return _without_titles(before), _without_titles(after)
    parts = _without_titles(name)
    return parts[-1:], parts[:-1]


def _without_titles(name: str) -> list[str]:
    parts = [part for part in name.split() if words(part)]
    return [part for part in parts if plain(part).strip(".") not in TITLES] or parts


def _customs(name: str) -> set[str]:
    """Folding takes an umlaut's dots off; the other custom writes an e: müller, muller, mueller."""
    long = "".join(_UMLAUTS.get(letter, letter) for letter in unicodedata.normalize("NFC", name))
    short = re.sub("(?<=[aouAOU])e", "", name)
    return {folded(one).text for one in (name, long, short)}


def _email(address: str) -> Iterator[Shape]:
    text = folded(address).text
    yield Shape(words(text))
    spoken = text.replace("@", " at ").replace(".", " dot ").replace("_", " underscore ")
    yield Shape(words(spoken))


def _address(address: str) -> Iterator[Shape]:
    text = folded(address).text
    lines = [text, *(part for part in re.split(r"[,\n]", text)[:1] if re.search(r"\d", part))]
    for line in lines:
        found = words(line)
        for longer, shorter in ((None, None), *_ROADS):
            for a, b in ((longer, shorter), (shorter, longer)):
                if a is None or a in found:
                    yield Shape(tuple(b if b and word == a else word for word in found))
        yield Shape(tuple(re.sub("strasse$", "str", word) for word in found))
