"""Where a model that answers from passages should look: known to the corpus, told while training.

A guide maps positions of a conversation's tokens to what should be known or looked at there:
``topic`` at the end of a fact and of a question; from there, ``product`` to where it names its
product and ``number`` to its order number; ``find`` from the end of a question to the end of the
fact that answers, or to position 0 when there is none; ``copy`` to the token that is said next.
"""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.reference import knowledge, world
from models.reference.chat_facts import ORDER, Fact
from models.reference.chat_tokenizer import EOS

NAMES = ("topic", "product", "number", "find", "copy")
TOPICS = (ORDER, *(topic.name for topic in knowledge.TOPICS))
Guides = dict[str, dict[int, int]]


@dataclass(frozen=True)
class Span:
    """One encoded piece: its text, its tokens' places in the text, its first position."""

    text: str
    offsets: Sequence[tuple[int, int]]
    base: int

    def token(self, place: int) -> int:
        """Give the position of the token that holds the character at ``place``."""
        return self.base + bisect.bisect_right(self.offsets, place, key=lambda pair: pair[1])

    @property
    def last(self) -> int:
        """Give the position of the last token."""
        return self.base + len(self.offsets) - 1


def guides(
    ids: Sequence[int], turns: Sequence[tuple[Mapping[str, Any], Span]], facts: Sequence[Fact]
) -> Guides:
    """Find the guides of a conversation over passages, from each message and its tokens."""
    made: Guides = {name: {} for name in NAMES}
    passages = next(span for message, span in turns if message["role"] == "user")
    where: dict[str, tuple[int, int]] = {"": (0, 0)}
    for fact in facts:
        start = passages.text.index(fact.text)
        stop = start + len(fact.text)
        first, last = passages.token(start), passages.token(stop - 1)
        where[fact.text] = first, last
        _describe(made, last, passages, (start, stop), fact)
    for (_, asked), (message, said) in itertools.pairwise(turns):
        if "source" in message:
            first, last = where[message["fact"]]
            begin = max(asked.text.rfind("Question:"), 0)
            about = Fact(message["topic"], message["product"], "", message["number"])
            _describe(made, asked.last, asked, (begin, len(asked.text)), about)
            made["find"].update({asked.last: last, said.base: last})
            if last and "practice" not in message:
                _copy(made["copy"], ids, said, first, last)
    return made


def _describe(made: Guides, spot: int, span: Span, within: tuple[int, int], fact: Fact) -> None:
    """Say what the sentence that ends at ``spot`` is about."""
    text = span.text[slice(*within)].lower()
    made["topic"][spot] = TOPICS.index(fact.topic)
    if fact.product:
        for found in re.finditer(rf"\b{re.escape(fact.product.lower())}", text):
            made["product"][spot] = span.token(within[0] + found.end() - 1)
    elif fact.topic != ORDER:
        made["product"][spot] = 0
    for number in (fact.number, world.spoken_digits(fact.number)) if fact.number else ():
        if number in text:
            made["number"][spot] = span.token(within[0] + text.index(number) + len(number) - 1)


def _copy(made: dict[int, int], ids: Sequence[int], said: Span, first: int, last: int) -> None:
    """Align an answer with its fact, from the words before the citation back to the first."""
    spot = next(i for i in range(said.last, said.base, -1) if ids[i] != EOS) - 2
    while spot > said.base and ids[spot] != ids[last - 1]:
        spot -= 1
    source = last
    while source > first and spot > said.base and ids[spot] == ids[source - 1]:
        spot, source = spot - 1, source - 1
        made[spot] = source
    made[said.base] = first
