"""LocalAgreement-2: a word stands once two hypotheses in a row agree on it and on all before it.

Liu et al. 2020, as used for Whisper by Macháček et al. 2023 (arXiv 2307.14743).
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import takewhile

Words = tuple[str, ...]
_AROUND = string.punctuation + "…“”\u2018\u2019«»¿¡"


@dataclass(frozen=True, slots=True)
class Settled:
    """How a clip ended: the words still to show, and how many shown ones the end did not confirm.

    While `revised` is 0, the shown words and `rest` together are the clip's text.
    """

    rest: Words
    revised: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """The words of one clip so far: `committed` are never taken back, `last` was heard last.

    Words are compared without case and punctuation. The last word of a hypothesis never stands:
    the audio may end in the middle of it.
    """

    committed: Words = ()
    last: Words = ()

    def hear(self, words: Sequence[str]) -> tuple[Agreement, Words]:
        """The state after another hypothesis, and the words that now stand."""
        heard = tuple(words)
        known = len(self.committed)
        agreed = _common(self.last, heard[:-1])
        if agreed <= known or _common(self.committed, heard) < known:
            return replace(self, last=heard), ()
        new = heard[known:agreed]
        return Agreement(self.committed + new, heard), new

    def tail(self) -> Words:
        """What the last hypothesis adds to the words that stand; nothing when it denies them."""
        known = len(self.committed)
        return self.last[known:] if _common(self.committed, self.last) == known else ()

    def settle(self, words: Sequence[str]) -> Settled:
        """The clip's end, by the final pass over all of it."""
        final = tuple(words)
        if _common(self.committed, final) == len(self.committed):
            return Settled(final[len(self.committed) :], 0)
        matcher = SequenceMatcher(None, _plain(self.committed), _plain(final), autojunk=False)
        blocks = [block for block in matcher.get_matching_blocks() if block.size]
        confirmed = sum(block.size for block in blocks)
        end = blocks[-1].b + blocks[-1].size if blocks else 0
        return Settled(final[end:], len(self.committed) - confirmed)


def plain(word: str) -> str:
    """The word as it is compared; a word of nothing but punctuation stays itself."""
    return word.strip(_AROUND).casefold() or word


def _plain(words: Sequence[str]) -> list[str]:
    return [plain(word) for word in words]


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    pairs = zip(left, right, strict=False)
    return sum(1 for _ in takewhile(lambda pair: plain(pair[0]) == plain(pair[1]), pairs))
