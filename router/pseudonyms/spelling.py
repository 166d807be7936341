"""How a token may be spelled in a text: as issued, and as models bend it without any doubt left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from router.pseudonyms.token import ALPHABET, CHECK_LENGTH, ID_LENGTH, TYPE_LENGTH, Token

_LETTER = f"[{ALPHABET}{ALPHABET.upper()}]"
_ID = ID_LENGTH + CHECK_LENGTH


def _elements(opening: Sequence[str], closing: Sequence[str]) -> list[str]:
    rest = f"[A-Za-z0-9-]{{0,{TYPE_LENGTH - 1}}}"
    return [*opening, " ?", "[A-Za-z]", rest, " ?", ":", " ?", *[_LETTER] * _ID, " ?", *closing]


def _beginning(elements: Sequence[str]) -> str:
    """Matches any beginning of the elements that runs to the end of the text."""
    pattern = elements[-1]
    for element in reversed(elements[:-1]):
        pattern = rf"{element}(?:\Z|{pattern})"
    return pattern


_PLAIN = _elements([r"\[", r"\["], [r"\]", r"\]"])
_ESCAPED = _elements([r"\\", r"\[", r"\\", r"\["], [r"\\", r"\]", r"\\", r"\]"])
LONGEST: Final = 4 + 1 + TYPE_LENGTH + 3 + _ID + 1 + 4
"""Characters of the longest spelling; a stream holds back fewer than this."""

OPENING: Final = re.compile(r"[\[\\]")
SPELLED: Final = re.compile(f"{''.join(_PLAIN)}|{''.join(_ESCAPED)}")
BEGUN: Final = re.compile(f"{_beginning(_PLAIN)}|{_beginning(_ESCAPED)}")
SHAPED: Final = re.compile(
    r"(?:\\?\[\s{0,8}){2}[A-Za-z][\w\s\\-]{0,40}:\s{0,8}"
    rf"(?:{_LETTER}\s?){{{_ID}}}\s{{0,8}}\\?\]\s{{0,8}}\\?\]"
)
"""What text from outside must not contain: wider than what is ever restored."""


def spelled_token(spelling: str) -> Token | None:
    """The token that a match of SPELLED means; None for a word or a number in such brackets."""
    type_, _, id_ = re.sub(r"[\[\]\\ ]", "", spelling).partition(":")
    if id_.isdigit() or id_.isalpha():
        return None
    return Token(type_.upper(), id_.lower())
