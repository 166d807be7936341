"""Composing the answer: citations become places in the list of sources."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from router.grounding import CITATION, citations
from router.passages import Passage
from router.template import one_line

QUOTE_LENGTH = 300
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Composed:
    """A reply whose `[n]` is the n-th of `sources`."""

    reply: str
    sources: tuple[Mapping[str, Any], ...]


def compose(reply: str, passages: Sequence[Passage]) -> Composed:
    """Put the cited passages first, in the order in which they are cited, then the others shown.

    A reply that cites nothing, such as a refusal, was made from nothing: it has no sources.
    """
    by_number = {int(passage["n"]): passage for passage in passages}
    cited = [n for n in citations(reply) if n in by_number]
    if not cited:
        return Composed(reply, ())
    order = [*cited, *(n for n in by_number if n not in cited)]
    place = {n: index for index, n in enumerate(order, 1)}
    sources = tuple(_source(by_number[n], _claim(reply, n)) for n in order)
    return Composed(renumber(reply, place), sources)


def renumber(text: str, place: Mapping[int, int]) -> str:
    """The text with every citation of a known passage put to its place."""
    return CITATION.sub(lambda match: f"[{place.get(int(match[1]), int(match[1]))}]", text)


def _source(passage: Passage, claim: str) -> dict[str, Any]:
    return {
        "id": passage["id"],
        "title": passage["title"],
        "collection": passage["collection"],
        "chunk": passage["chunk"],
        "page": passage["page"],
        "quote": quote(str(passage["text"]), claim),
    }


def _claim(reply: str, n: int) -> str:
    return " ".join(part for part in _SENTENCE.split(reply) if f"[{n}]" in part)


def quote(text: str, claim: str) -> str:
    """The sentence of a passage that has most words of the claim; its beginning without one."""
    words = set(_WORD.findall(claim.lower()))
    sentences = _SENTENCE.split(one_line(text))
    best = max(sentences, key=lambda one: len(words & set(_WORD.findall(one.lower()))))
    return (best if words else one_line(text))[:QUOTE_LENGTH]
