"""Folding: one plain reading of look-alike, full-width and invisible characters.

NFKD with marks, format and invisible characters removed (Unicode UAX #15), decimal digits of every
script as ASCII, dashes, dots and slashes as one each, and the look-alikes of Latin letters in
Cyrillic and Greek (a part of Unicode UTS #39). It is read by detectors only, never shown.
"""

from __future__ import annotations

import re
import unicodedata

from router.detect.decoding import tags
from router.detect.ticks import Tick, never, ticking
from router.detect.view import View, rewritten

_INVISIBLE = "\u115f\u1160\u3164\u034f\u17b4\u17b5"
_LIKE = {
    ".": "\u00b7\u2022\u2219\u22c5\u3002\u30fb\u06d4\u0701\u0702\ua4f8\ua60e",
    "/": "\u2044\u2215\u29f8",
    ":": "\u02d0\u02f8\u2236\ua789\u0589\u05c3",
    "-": "\u2212\u02d7\u2043",
    " ": "\u2800\u1680",
    "'": "\u2018\u2019\u02bc",
    '"': "\u201c\u201d\u201e",
}
_CYRILLIC = (
    "\u0410\u0412\u0415\u0405\u0406\u0408\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423"
    "\u0425\u0417\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501"
    "\u051b\u051d\u0475\u04cf\u0578\u057d\u0581\u0570\u0566\u051a\u051c"
)
_GREEK = (
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
    "\u03b1\u03b9\u03bf\u03bd\u03c1\u03c5\u03f2"
)
_LETTERS = dict(
    zip(
        _CYRILLIC + _GREEK,
        "ABESIJKMHOPCTYX3aeopcyxijshdqwvlnughqQW" + "ABEZHIKMNOPTYXaiovpuc",
        strict=True,
    )
)
_STROKES = dict(zip("\u0142\u0141\u00f8\u00d8\u0111\u0110", "lLoOdD", strict=True))
_PLAIN = {mark: plain for plain, marks in _LIKE.items() for mark in marks} | _LETTERS | _STROKES
_SKIPPED = frozenset({"Mn", "Me", "Cf"})


def folded_character(character: str) -> str:
    """What one character is read as; the empty text for an invisible one."""
    if character < "\x80":
        return character
    if character in _PLAIN:
        return _PLAIN[character]
    decomposed = unicodedata.normalize("NFKD", character)
    if decomposed != character:
        return "".join(map(folded_character, decomposed))
    return _by_category(character)


def _by_category(character: str) -> str:
    category = unicodedata.category(character)
    if category in _SKIPPED or character in _INVISIBLE:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    return {"Pd": "-", "Zs": " ", "Zl": "\n", "Zp": "\n"}.get(category, character)


class _Table(dict[int, str]):
    """What `str.translate` asks; each character is folded once."""

    def __missing__(self, code: int) -> str:
        folded = folded_character(chr(code))
        self[code] = folded
        return folded


def folded(text: str, tick: Tick = never) -> View:
    """The first reading of a text; letters smuggled as tags are read after its end."""
    view = View(text)
    if text.isascii():
        return view
    found = ticking(tags(text), tick)
    hidden = [(start, end, f"\n{letters}") for start, end, letters in found]
    return refolded(rewritten(view, (), hidden) if hidden else view, tick)


def refolded(view: View, tick: Tick = never) -> View:
    """The same reading in plain characters; ASCII is its own."""
    text = view.text
    if text.isascii():
        return view
    table = _Table()
    breaking = [c for c in set(text) if len(table[ord(c)]) != 1]
    if not breaking:
        return View(text.translate(table), view)
    found = re.finditer("[" + re.escape("".join(sorted(breaking))) + "]", text)
    pieces = ((m.start(), m.end(), table[ord(m[0])]) for m in ticking(found, tick))
    next_ = rewritten(view, pieces)
    return View(next_.text.translate(table), view, next_.segments, next_.starts)
