"""What is said instead of written: digits in words, and letters with a space between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from router.detect.ticks import Tick, never, ticking
from router.detect.view import Piece

UNITS = {
    word: str(value)
    for words in (
        "zero one two three four five six seven eight nine",
        "null eins zwei drei vier funf sechs sieben acht neun",
        "cero uno dos tres cuatro cinco seis siete ocho nueve",
        "zero un deux trois quatre cinq six sept huit neuf",
    )
    for value, word in enumerate(words.split())
} | {"oh": "0", "o": "0", "nil": "0", "nought": "0", "niner": "9", "zwo": "2", "fuenf": "5"}
_TEENS = {
    word: str(value)
    for value, word in enumerate(
        [
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ],
        start=10,
    )
}
_TENS = {
    word: str(value)
    for value, word in enumerate(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2
    )
}
_TIMES = {"double": 2, "triple": 3, "treble": 3, "doppel": 2}
_SIGNS = {
    "dash": "-",
    "hyphen": "-",
    "minus": "-",
    "plus": "+",
    "slash": "/",
    "dot": ".",
    "x": "x",
    "extension": "x",
    "point": ".",
}
_KNOWN = frozenset(UNITS) | frozenset(_TEENS) | frozenset(_TENS) | frozenset(_TIMES)
_WORD = re.compile(r"[a-z]+|\d+")
_BETWEEN = re.compile(r"[ \t\n,.…-]{1,4}\Z")
_ON_A_LINE = re.compile(r"[ \t,.…-]{1,4}\Z")
_SPACED = re.compile(r"(?<!\w)\w(?:[ \t]{1,3}\S){5,}(?!\w)")


def spaced(text: str) -> Iterator[Piece]:
    """Letters with a space between each two; two spaces are one."""
    for match in _SPACED.finditer(text):
        words = re.split(r"[ \t]{2,}", match[0])
        yield match.start(), match.end(), " ".join(re.sub(r"[ \t]", "", word) for word in words)


def numbers(text: str, least: int, tick: Tick = never) -> Iterator[Piece]:
    """Runs of spoken digits that make at least `least` digits: double four two is 442."""
    run: list[re.Match[str]] = []
    for word in ticking(_WORD.finditer(text), tick):
        if run and not (_speaks(word[0]) and _goes_on(text, run[-1], word)):
            yield from _written(run, least)
            run = []
        if _speaks(word[0]) and (run or word[0] not in _SIGNS):
            run.append(word)
    yield from _written(run, least)


def hints(words: Sequence[str]) -> bool:
    """Whether three words in a row may be spoken digits."""
    if _KNOWN.isdisjoint(words):
        return False
    run = 0
    for word in words:
        run = run + 1 if word in _KNOWN or word in _SIGNS else 0
        if run > 2:
            return True
    return False


def _goes_on(text: str, last: re.Match[str], word: re.Match[str]) -> bool:
    """Figures on another line are another number; words may be wrapped."""
    figures = last[0].isdigit() or word[0].isdigit()
    between = _ON_A_LINE if figures else _BETWEEN
    return between.match(text, last.end(), word.start()) is not None


def _speaks(word: str) -> bool:
    return word in _KNOWN or word in _SIGNS or word.isdigit()


def _written(run: Sequence[re.Match[str]], least: int) -> Iterator[Piece]:
    while run and run[-1][0] in _SIGNS:
        run = run[:-1]
    if sum(one[0] in _KNOWN for one in run) < min(3, least):
        return
    text = _digits([one[0] for one in run])
    if sum(map(str.isdigit, text)) >= least:
        yield run[0].start(), run[-1].end(), text


def _digits(words: Sequence[str]) -> str:
    parts: list[str] = []
    times, tens = 1, ""
    for word in words:
        if word in _TIMES:
            times = _TIMES[word]
            continue
        unit = UNITS.get(word)
        if tens:
            parts.append(tens if unit and unit != "0" else tens + "0")
        if word in _TENS:
            tens = _TENS[word]
            continue
        parts.append((unit or _TEENS.get(word) or _SIGNS.get(word) or word) * times)
        times, tens = 1, ""
    return "".join(parts) + (tens + "0" if tens else "")
