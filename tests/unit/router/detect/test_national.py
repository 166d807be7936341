"""Numbers given by states: published examples pass, one changed digit does not."""

from __future__ import annotations

import pytest

from router.detect.national import find_national
from router.detect.page import Page

# Examples from the authorities' own pages or computed from their rules; none is a person's.
EXAMPLES = [
    ("SSN", "social security number 123-45-6788", "6788", "0000"),
    ("ITIN", "ITIN 912-70-1234", "912", "812"),
    ("NINO", "AB 12 34 56 C", "AB", "BG"),
    ("NHS", "NHS number 943 476 5919", "5919", "5918"),
    ("STEUER_ID", "86 095 742 719", "719", "718"),
    ("NIF_ES", "12345678Z", "Z", "A"),
    ("NIF_ES", "X1234567L", "L", "A"),
    ("INSEE", "2 55 08 14 168 025 38", "38", "39"),
    ("CODICE_FISCALE", "RSSMRA85T10A562S", "562S", "562A"),
    ("BSN", "BSN 111222333", "333", "334"),
    ("PESEL", "44051401359", "359", "358"),
    ("RIJKSREGISTER", "85.07.30-033 28", "28", "29"),
    ("AHV", "756.9217.0769.85", "85", "84"),
    ("CPF", "529.982.247-25", "25", "24"),
    ("SIN", "SIN 046 454 286", "286", "285"),
    ("AADHAAR", "aadhaar 2341 2341 2346", "2346", "2345"),
    ("PERSONNUMMER", "811228-9874", "9874", "9875"),
    ("HETU", "131052-308T", "308T", "308A"),
    ("NIF_PT", "NIF 123456789", "789", "788"),
    ("PPS", "PPS 1234567T", "T", "A"),
    ("TFN", "TFN 123 456 782", "782", "783"),
    ("MBI", "1EG4-TE5-MK73", "1EG4", "0EG4"),
]


def types(text: str) -> list[str]:
    return [match.type for match in find_national(Page(text))]


@pytest.mark.parametrize(("type_", "text", "part", "wrong"), EXAMPLES)
def test_an_example_is_found_and_a_changed_one_is_not(
    type_: str, text: str, part: str, wrong: str
) -> None:
    assert type_ in types(text)
    assert type_ not in types(text.replace(part, wrong))


@pytest.mark.parametrize("text", ["111222333", "943 476 5919", "046454286", "2341 23412346"])
def test_what_passes_by_chance_needs_its_word(text: str) -> None:
    assert types(text) == []


def test_spacing_of_every_kind_is_read() -> None:
    assert types("8 6 0 9 5 7 4 2 7 1 9") == ["STEUER_ID"]
    assert types("86-095-742-719") == ["STEUER_ID"]
