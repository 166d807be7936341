"""What a page's hints spare the detectors changes nothing of what they find."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace

import pytest

from bench.drawn import drawn
from bench.evasions import EVASIONS
from bench.judged import evaded
from router.detect.detectors import DETECTORS
from router.detect.folding import folded
from router.detect.hints import Hints
from router.detect.look import SIGNS
from router.detect.national import NUMBERS, find_national
from router.detect.page import Detector, Match, Page
from tests.property.test_detectors import noise

SEED = 20261129
_DIGITS = (
    "1", "12", "123", "4", "756", "2", "0", "19", "20", " ", "-", ".", "/", " - ", "  ", "+", "(",
    ")", "x", "a", "b", "y", "z", "ab", "ssn ", "tel ", "card ", "bsn ", "nif ", "cpr ", "pps ",
    "nhs ", "\n", ":", "call ", "office", "de", "gb", "4111", "_", ",", "customer ", "cvv ", "pin ",
    "4111 1111 1111 1111", "10.1.2.3", "00:1b:44:11:3a:b7", "ghp_", "AKIA",
)  # fmt: skip


class Everything(Hints):
    """Hints of no help: every page may hold everything everywhere."""

    def digits(self, least: int, start: int = 0, end: int | None = None) -> bool:
        return True

    def count(self, start: int = 0, end: int | None = None) -> int:
        return len(self._lower)

    def row(self, least: int) -> bool:
        return True

    def any(self, *words: str, start: int = 0, end: int | None = None) -> bool:
        return True

    def standing(self, words: Iterable[str]) -> list[str]:
        return list(words)

    def matches(
        self, shape: re.Pattern[str] | None, start: int = 0, end: int | None = None
    ) -> bool:
        return True

    def places(self, first: re.Pattern[str], start: int, end: int) -> Iterable[int]:
        return range(start, end)


_ANYWHERE = tuple(replace(number, starts=None, least=0, chain=0) for number in NUMBERS)


def plain(detector: Detector, page: Page) -> list[Match]:
    """What the detector finds when it reads everything."""
    if detector.name == "national":
        return list(find_national(page, _ANYWHERE))
    return list(detector.find(page))


def texts(count: int, rng: random.Random) -> Iterable[str]:
    """Noise, crowds of digits, and identifiers in many guises."""
    identifiers = drawn(SEED, 20)
    for number in range(count):
        if number % 3 == 0:
            yield noise(rng)
        elif number % 3 == 1:
            yield "".join(rng.choices(_DIGITS, k=rng.randint(5, 80)))
        else:
            change = EVASIONS[rng.choice(tuple(EVASIONS))]
            yield " ".join(evaded(one, change).text for one in rng.sample(identifiers, 3))


def differences(count: int, seed: int) -> tuple[int, list[str]]:
    """How many finds there were, and where sparing changed them."""
    found, wrong = 0, []
    for text in texts(count, random.Random(seed)):
        page = Page(folded(text).text)
        whole = Page(page.text, hinted=Everything)
        for detector in (*DETECTORS, *SIGNS):
            spared = list(detector.find(page))
            found += len(spared)
            if spared != plain(detector, whole):
                wrong.append(f"{detector.name}: {text!r}")
    return found, wrong


@pytest.mark.timeout(300)
def test_hints_change_nothing() -> None:
    found, wrong = differences(3_000, SEED)
    assert found > 2_000
    assert wrong == []


@pytest.mark.assurance
def test_hints_change_nothing_in_long() -> None:
    found, wrong = differences(200_000, SEED + 1)
    assert found > 100_000
    assert wrong == []


def test_a_hint_that_says_no_too_often_is_seen() -> None:
    class Blind(Hints):
        def row(self, least: int) -> bool:
            return False

    customers = next(one for one in DETECTORS if one.name == "customers")
    text = "I am C-1042."
    assert list(customers.find(Page(text))) == list(customers.find(Page(text, hinted=Everything)))
    assert list(customers.find(Page(text, hinted=Blind))) == []
