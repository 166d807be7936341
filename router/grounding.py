"""Groundedness: a reply's numbers must stand in what it cites, in a record or in the question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from router.passages import Passage

CITATION = re.compile(r"\[(\d{1,3})\]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


@dataclass(frozen=True, slots=True)
class Grounding:
    """What a reply rests on: the passages it cites in order, and what has no support."""

    cited: tuple[int, ...]
    unsupported: tuple[str, ...]
    unknown: tuple[int, ...]
    needs_citation: bool

    @property
    def ok(self) -> bool:
        """Whether nothing in the reply is without support."""
        return not (self.unsupported or self.unknown or self.needs_citation)

    @property
    def why(self) -> str:
        """What is wrong, in counts alone."""
        faults = []
        if self.unsupported:
            faults.append(f"{len(self.unsupported)} numbers without support")
        if self.unknown:
            faults.append(f"{len(self.unknown)} citations of no passage")
        if self.needs_citation:
            faults.append("no citation")
        return ", ".join(faults)


def ground(
    reply: str, passages: Sequence[Passage], question: str, refusal: str | None = None
) -> Grounding:
    """Check `reply` against the passages shown; a reply that holds `refusal` needs no citation."""
    cited = citations(reply)
    by_number = {int(passage["n"]): passage for passage in passages}
    known = [by_number[n] for n in cited if n in by_number]
    records = [passage for passage in passages if passage["kind"] == "record"]
    support = numbers(question).union(*(numbers(str(p["text"])) for p in [*known, *records]))
    said = list(dict.fromkeys(_NUMBER.findall(CITATION.sub(" ", reply))))
    return Grounding(
        cited=tuple(n for n in cited if n in by_number),
        unsupported=tuple(number for number in said if _plain(number) not in support),
        unknown=tuple(n for n in cited if n not in by_number),
        needs_citation=not cited and not (refusal and refusal in reply),
    )


def citations(text: str) -> tuple[int, ...]:
    """The passages a text cites, in the order in which it first does."""
    return tuple(dict.fromkeys(int(n) for n in CITATION.findall(text)))


def numbers(text: str) -> frozenset[str]:
    """The numbers written in digits, each as a whole: 37 does not stand in 137."""
    return frozenset(_plain(number) for number in _NUMBER.findall(text))


def _plain(number: str) -> str:
    whole = number.replace(",", "")
    return whole.lstrip("0") or "0"
