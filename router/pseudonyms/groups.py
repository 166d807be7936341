"""A text as groups: words, single digits, and single characters of scripts without spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# Thai to Burmese, Hangul jamo as NFKD leaves them, kana, ideographs.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_GROUP = re.compile(rf"\d|[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+")
_IDEOGRAPH = re.compile(f"[{_UNSPACED}]")
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
    | {"\u0131": "i"}
)


@dataclass(frozen=True, slots=True)
class Group:
    """`word` is what is compared; `capital` says that it begins with a capital letter."""

    word: str
    start: int
    end: int
    capital: bool

    @property
    def unspaced(self) -> bool:
        """Whether words may follow on it without a space."""
        return _IDEOGRAPH.match(self.word) is not None


def groups(text: str) -> Iterator[Group]:
    """The groups of a folded text, in order."""
    for match in _GROUP.finditer(text):
        word = match[0]
        yield Group(plain(word), match.start(), match.end(), word[0].isupper() or word.istitle())


def plain(word: str) -> str:
    """A folded word without case, and without the letters that fold only by convention."""
    return word.lower().translate(_LETTERS)


def words(text: str) -> tuple[str, ...]:
    """The words of the groups."""
    return tuple(group.word for group in groups(text))
