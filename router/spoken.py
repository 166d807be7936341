"""Numbers spoken digit by digit, written in digits: four two one seven becomes 4217."""

from __future__ import annotations

import re

_DIGITS = {
    word: str(value)
    for value, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
} | {"oh": "0"}
_LEAST, _MOST = 4, 12
_WORD = "|".join(_DIGITS)
_RUN = re.compile(
    rf"\b(?:{_WORD})(?:[ ,-]+(?:{_WORD})){{{_LEAST - 1},{_MOST - 1}}}\b", re.IGNORECASE
)
_ONE = re.compile(_WORD, re.IGNORECASE)


def digits_written(text: str) -> str:
    """The text with every run of four to twelve spoken digits as one number."""
    return _RUN.sub(
        lambda run: "".join(_DIGITS[word.lower()] for word in _ONE.findall(run[0])), text
    )
