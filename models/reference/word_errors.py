"""Word error rate of transcripts, case and punctuation left out."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[a-z0-9']+")


@dataclass(frozen=True)
class ErrorCount:
    """Words said, and how many insertions, deletions and substitutions hear them wrongly."""

    words: int = 0
    errors: int = 0

    def __add__(self, other: ErrorCount) -> ErrorCount:
        return ErrorCount(self.words + other.words, self.errors + other.errors)

    @property
    def rate(self) -> float:
        """Errors per word said."""
        return self.errors / max(1, self.words)


def words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return _WORD.findall(text.lower())


def count_errors(said: str, heard: str) -> ErrorCount:
    """The least edits that turn what was said into what was heard."""
    target, guess = words(said), words(heard)
    row = list(range(len(guess) + 1))
    for i, word in enumerate(target, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(guess, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (word != other))
    return ErrorCount(len(target), row[-1])
